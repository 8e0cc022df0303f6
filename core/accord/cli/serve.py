"""`accord serve`: the web server."""

from __future__ import annotations

import click
from gunicorn.app.base import BaseApplication

from accord.app import create_app
from accord.cli.home import opened
from accord.web.request import AccordFlask
from accord_config.home import Home


class WebServer(BaseApplication):  # type: ignore[misc]  # gunicorn publishes no types
    """gunicorn with Accord's settings; each of its processes makes the application for itself."""

    def __init__(self, home: Home) -> None:
        self._home = home
        super().__init__()

    def load_config(self) -> None:
        """Take the settings over."""
        settings = self._home.settings
        options = {
            "bind": f"{settings.host}:{settings.port}",
            "workers": settings.web_workers,
            "threads": settings.web_threads,
            "worker_class": "gthread",
            "timeout": 60,
            "keepalive": 5,
            "loglevel": "warning",
            "proc_name": "accord",
            "control_socket_disable": True,
        }
        for name, value in options.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> AccordFlask:
        """The application of one server process."""
        return create_app(self._home)


def run_server(home: Home) -> None:
    """Serve until told to stop by a signal."""
    WebServer(home).run()


@click.command()
def serve() -> None:
    """Run the web server on the address and port of the settings."""
    with opened() as home:
        create_app(home)  # refuses early, with a clear message, when the pages are not built
        click.echo(f"Accord listens on http://{home.settings.host}:{home.settings.port}")
        run_server(home)
