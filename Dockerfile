# The production image: web server, worker, scheduler and migrations all run from it.

FROM node:24-slim AS front-end
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM python:3.13-slim AS packages
COPY requirements/runtime.lock ./
RUN python -m venv /opt/venv \
 && /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r runtime.lock \
 && /opt/venv/bin/python -m compileall -q /opt/venv/lib

FROM python:3.13-slim
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    MALLOC_ARENA_MAX=2 \
    STATIC_ROOT=/srv/static
RUN groupadd --system --gid 10001 winnow \
 && useradd --system --uid 10001 --gid winnow --home-dir /nonexistent --no-create-home --shell /usr/sbin/nologin winnow
WORKDIR /app
COPY --from=packages /opt/venv /opt/venv
COPY --from=front-end /app/node_modules node_modules
COPY . .
# No server is asked here; the values only let the settings load.
RUN python -m compileall -q . -x node_modules \
 && SECRET_KEY=only-for-building SITE_URL=https://localhost python manage.py collectstatic --no-input --verbosity 0
# Files belong to root, so that the product can't change itself.
USER 10001:10001
EXPOSE 8000
# Asked under the site's own name: any other is refused.
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 CMD ["python", "-c", "import os, urllib.parse, urllib.request as r; r.urlopen(r.Request('http://127.0.0.1:8000/healthz', headers={'Host': urllib.parse.urlsplit(os.environ['SITE_URL']).netloc}), timeout=4)"]
# The number of processes comes from WEB_CONCURRENCY.
CMD ["gunicorn", "crm.wsgi", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", "--threads", "8", "--worker-tmp-dir", "/dev/shm", "--max-requests", "20000", "--max-requests-jitter", "2000", "--no-control-socket"]
