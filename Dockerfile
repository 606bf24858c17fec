# The emulator as a container: docker build -t humanloop-emulator .

FROM python:3.12-slim AS build
WORKDIR /source
COPY pyproject.toml setup.cfg setup.py MANIFEST.in README.md LICENSE pytest_humanloop_emulator.py ./
COPY app app
COPY fixtures fixtures
RUN python -m venv /emulator && /emulator/bin/pip install --no-cache-dir '.[postgresql,redis]'

FROM python:3.12-slim
COPY --from=build /emulator /emulator
RUN useradd --uid 8904 --no-create-home --home-dir /data emulator \
    && install --directory --owner emulator --group emulator /data
USER emulator
WORKDIR /data
VOLUME /data
# Variables and no flags: whoever runs another command in the container has the same database, and may change each.
ENV PATH=/emulator/bin:$PATH \
    HUMANLOOP_EMULATOR_DB=/data/humanloop.db \
    HUMANLOOP_EMULATOR_HOST=0.0.0.0 \
    HUMANLOOP_EMULATOR_PORT=8904
EXPOSE 8904
# The image has no curl, and a proxy in the environment is none of this.
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 \
    CMD ["python", "-c", "import http.client, os, sys; c = http.client.HTTPConnection('127.0.0.1', int(os.environ['HUMANLOOP_EMULATOR_PORT'])); c.request('GET', '/_emulator/health'); sys.exit(c.getresponse().status != 200)"]
ENTRYPOINT ["humanloop-emulator"]
CMD ["serve"]
