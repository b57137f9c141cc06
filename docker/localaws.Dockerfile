# Libraries of the local AWS. docker-compose.yaml mounts its code, so that an edit needs a restart and no build.
FROM python:3.12-slim-bookworm

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
COPY requirements/localaws.lock /tmp/localaws.lock
RUN pip install --no-cache-dir --no-deps --require-hashes --requirement /tmp/localaws.lock \
 && pip check \
 && useradd --uid 10001 --create-home localaws

WORKDIR /app
USER 10001
EXPOSE 5000
CMD ["python", "-m", "localaws.server", "--host", "0.0.0.0", "--port", "5000"]
