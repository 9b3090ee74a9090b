"""The connections of servers that speak just enough HTTP, each in a process of its own that prints its port."""

from __future__ import annotations

import asyncio


class HttpConnections:
    async def serve(self) -> None:
        server = await asyncio.start_server(self._connection, "127.0.0.1", 0, backlog=1024)
        print(server.sockets[0].getsockname()[1], flush=True)
        async with server:
            await server.serve_forever()

    async def respond(self, writer: asyncio.StreamWriter, line: bytes, body: bytes) -> bool:
        """Answer a request, given its first line; return whether the connection stays open."""
        raise NotImplementedError

    def reply(self, writer: asyncio.StreamWriter, status: int, body: str, length: int | None = None) -> None:
        writer.write(
            f"HTTP/1.1 {status} x\r\nContent-Type: application/json\r\nContent-Length: {length or len(body)}\r\n\r\n"
            f"{body}".encode()
        )

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (line := await reader.readline()).strip():
                length = 0
                while (header := await reader.readline()).strip():
                    if header.lower().startswith(b"content-length:"):
                        length = int(header.partition(b":")[2])
                if not await self.respond(writer, line, await reader.readexactly(length)):
                    break
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()
