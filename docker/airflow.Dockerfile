# Airflow with the libraries that the MWAA image has. DAGs and plugins are mounted by docker-compose.yaml.
# The lock is compiled under the MWAA image's constraints, so what the slim image already has stays as it is.
FROM apache/airflow:slim-3.2.1-python3.12

COPY requirements/airflow.lock /tmp/airflow.lock
RUN pip install --no-cache-dir --no-deps --require-hashes --requirement /tmp/airflow.lock \
 && pip check \
 && mkdir /opt/airflow/keys # a new volume takes its owner from here
