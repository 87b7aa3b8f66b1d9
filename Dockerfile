# The service as an image: web process and worker are the same image with another command.
#   docker build --tag badgeservice .
# Nothing secret is in it: keys, secrets and rows are mounted when it runs (compose.yaml).

FROM python:3.11-slim-bookworm AS build
WORKDIR /opt/build
COPY requirements.lock requirements-valkey.lock requirements-metrics.lock requirements-build.lock ./
RUN python -m venv /opt/badgeservice \
    && /opt/badgeservice/bin/python -m pip install --no-cache-dir --disable-pip-version-check \
        --no-deps --require-hashes -r requirements.lock -r requirements-valkey.lock -r requirements-metrics.lock
RUN python -m venv tools \
    && tools/bin/python -m pip install --no-cache-dir --disable-pip-version-check \
        --no-deps --require-hashes -r requirements-build.lock
COPY pyproject.toml README.md LICENSE ./
COPY badge_templates badge_templates
COPY badgeservice badgeservice
RUN tools/bin/python -m pip wheel --no-cache-dir --disable-pip-version-check \
        --no-deps --no-build-isolation --wheel-dir wheels . \
    && /opt/badgeservice/bin/python -m pip install --no-cache-dir --disable-pip-version-check \
        --no-deps --no-index wheels/*.whl

FROM python:3.11-slim-bookworm
WORKDIR /srv/badgeservice
COPY --from=build /opt/badgeservice /opt/badgeservice
COPY wsgi.py ./
COPY deploy/gunicorn.conf.py deploy/healthcheck.py deploy/
# Volumes begin with the owner that their folder has in the image.
RUN install -d -m 0700 -o 10001 -g 10001 data keys
ENV PATH=/opt/badgeservice/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/tmp \
    BIND=0.0.0.0:8000 \
    BADGESERVICE_ENVIRONMENT=production \
    BADGESERVICE_DATA_DIR=/srv/badgeservice/data \
    BADGESERVICE_KEYS_DIR=/srv/badgeservice/keys
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "deploy/healthcheck.py"]
CMD ["gunicorn", "--config", "deploy/gunicorn.conf.py", "wsgi:app"]
