# Environment of the tests, created as by `make test`. docker-compose.yaml mounts the repo.
FROM python:3.12-slim-bookworm

RUN apt-get update \
 && apt-get install --yes --no-install-recommends chromium-headless-shell git make \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --uid 10001 --create-home tests \
 && install --directory --owner tests /app

ENV PYTHONUNBUFFERED=1 UV_NO_CACHE=1
WORKDIR /app
USER 10001
COPY --chown=10001 .python-version Makefile ./
COPY --chown=10001 dev/find-python.sh dev/
COPY --chown=10001 requirements/ requirements/
RUN make test-setup
