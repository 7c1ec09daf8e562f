# A client of one conversation: what is typed is sent, what is written is printed, and
# nothing is lost or doubled when the line goes. docs/socket.md explains it.
#
#   /usr/bin/python3 examples/client.py http://127.0.0.1:8000 aarav swapnest-demo 1
#
# It needs Python 3.10 and the package websockets (on Debian: python3-websockets).
import asyncio, contextlib, http.client, json, os, sys, types, uuid
from urllib.parse import urlencode
from urllib.request import Request, urlopen
import websockets

site, username, password, conversation = sys.argv[1:]
# The socket; of what was printed last: after, at, epoch; what was typed and is not acknowledged.
my = types.SimpleNamespace(line=None, position={}, outbox={}, headers={"Content-Type": "application/json"})

def post(path, **body): return urlopen(Request(site + "/api/v1" + path, json.dumps(body).encode(), my.headers), timeout=5)

async def stay_connected():
    while my.line is None or my.line.close_code not in (4400, 4401, 4404):
        # The line has gone, or there was none: the next one goes on from here.
        with contextlib.suppress(OSError, EOFError, asyncio.TimeoutError, http.client.HTTPException, websockets.WebSocketException):
            query = urlencode(my.position | json.load(post("/ticket")))
            async with websockets.connect(f"{site.replace('http', 'ws')}/ws/chat/{conversation}/?{query}", open_timeout=5, close_timeout=1) as my.line:
                for frame in list(my.outbox.values()): await my.line.send(frame)  # the same client_id: stored once
                async for data in my.line: await hear(**json.loads(data))
        await asyncio.sleep(1)
    os._exit(1)

async def hear(type, seq=0, client_id=None, retryable=False, **frame):
    if type == "hello": my.position = my.position or {"after": frame["head"], "epoch": frame["epoch"]}
    if type == "reset": my.position = {}  # another history: a page would load its newest messages
    # What edits or deletes a message or reacts to it is an event, too, and has the message as it is now.
    if (event := type == "message" or "message_seq" in frame) and seq == my.position.get("after", seq) + 1:
        my.position.update(after=seq, at=frame.get("at", frame["timestamp"]))
        print(f"{seq} {frame['sender_name']}: {frame['message']}", flush=True)
    if type in ("ack", "error"): print(frame.get("detail", f"acknowledged as {seq}"), flush=True)
    if type in ("ack", "error") and not retryable: my.outbox.pop(client_id, None)
    # After a gap, as after every close, the next line begins where this one was.
    if type == "reset" or retryable or event and seq > my.position.get("after", seq) + 1: await my.line.close()

async def main():
    my.headers["Cookie"] = post("/session", username=username, password=password).headers["Set-Cookie"].split(";")[0]
    staying = asyncio.create_task(stay_connected())
    while text := await asyncio.to_thread(sys.stdin.readline):
        name = str(uuid.uuid4())
        my.outbox[name] = json.dumps({"type": "send", "client_id": name, "message": text})
        with contextlib.suppress(AttributeError, websockets.ConnectionClosed): await my.line.send(my.outbox[name])  # no line: the next one does
    while my.outbox: await asyncio.sleep(0.1)

asyncio.run(main())
