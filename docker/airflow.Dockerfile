# Airflow with the libraries of the MWAA image. docker-compose.yaml mounts DAGs and plugins.
# The lock is compiled with the MWAA image's constraints, so packages of the slim image keep their versions.
FROM apache/airflow:slim-3.2.1-python3.12

COPY requirements/airflow.lock /tmp/airflow.lock
RUN pip install --no-cache-dir --no-deps --require-hashes --requirement /tmp/airflow.lock \
 && pip check \
 && mkdir --mode=775 /opt/airflow/keys # sets owner and mode of a new volume
