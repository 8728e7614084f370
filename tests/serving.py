"""A server on this machine, for what downloads files."""

from __future__ import annotations

import contextlib
import http.server
import threading
from collections.abc import Callable, Iterator


@contextlib.contextmanager
def serving(content: Callable[[str], bytes]) -> Iterator[http.server.HTTPServer]:
    """Serve the content of each path; ``address`` is the server's, ``requested`` all paths."""
    requested: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            requested.append(self.path)
            body = content(self.path)
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as served:
        thread = threading.Thread(target=served.serve_forever)
        thread.start()
        served.address, served.requested = f"http://127.0.0.1:{served.server_port}", requested
        yield served
        served.shutdown()
        thread.join()
