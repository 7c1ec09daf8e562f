"""A marketplace chat on Django Channels as one would write it from the manual: what SwapNest replaced.

It does for each message what the system before SwapNest did: looks whether the sender is in the conversation,
stores the message, moves the conversation up, makes a notification if the recipient's preference allows,
and sends the event to both by the channel layer. It has, for swapnest bench, the two calls that make a
listing and begin a conversation.

    python3 site_before.py migrate
    python3 site_before.py sessions 100 FILE      accounts, and a session of each
    daphne -b 127.0.0.1 -p 8000 site_before:application

DATABASE is a SQLite file, or postgres://USER@HOST:PORT/NAME; REDIS is a redis:// address, or nothing for the
layer in memory.
"""

import json
import os
import sys
from urllib.parse import urlparse

import django
from django.conf import settings

where = os.environ.get("DATABASE", "before.sqlite3")
if where.startswith("postgres://"):
    url = urlparse(where)
    database = {"ENGINE": "django.db.backends.postgresql", "NAME": url.path[1:], "USER": url.username or "postgres",
                "PASSWORD": url.password or "", "HOST": url.hostname, "PORT": url.port, "CONN_MAX_AGE": 600}
else:
    database = {"ENGINE": "django.db.backends.sqlite3", "NAME": where, "OPTIONS": {"timeout": 20}}
redis = os.environ.get("REDIS", "")
layer = ({"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"hosts": [redis]}} if redis
         else {"BACKEND": "channels.layers.InMemoryChannelLayer"})

settings.configure(
    DEBUG=False, SECRET_KEY="for benchmarks on loopback", ALLOWED_HOSTS=["127.0.0.1"], ROOT_URLCONF=__name__,
    DATABASES={"default": database}, CHANNEL_LAYERS={"default": layer}, USE_TZ=True,
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField", SESSION_COOKIE_NAME="swapnest_session",
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "channels"],
    MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware", "django.contrib.auth.middleware.AuthenticationMiddleware"],
)
django.setup()

from channels.auth import AuthMiddlewareStack  # noqa: E402
from channels.db import database_sync_to_async  # noqa: E402
from channels.generic.websocket import AsyncWebsocketConsumer  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.core.asgi import get_asgi_application  # noqa: E402
from django.db import connection, models  # noqa: E402
from django.http import JsonResponse  # noqa: E402
from django.urls import path, re_path  # noqa: E402
from django.utils import timezone  # noqa: E402

User = get_user_model()


class Product(models.Model):
    seller = models.ForeignKey(User, models.CASCADE)
    title = models.CharField(max_length=200)

    class Meta:
        app_label = "before"


class Conversation(models.Model):
    product = models.ForeignKey(Product, models.CASCADE)
    buyer = models.ForeignKey(User, models.CASCADE, related_name="+")
    seller = models.ForeignKey(User, models.CASCADE, related_name="+")
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        app_label = "before"


class Message(models.Model):
    conversation = models.ForeignKey(Conversation, models.CASCADE)
    sender = models.ForeignKey(User, models.CASCADE)
    content = models.TextField()
    is_read = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "before"


class Preference(models.Model):
    user = models.OneToOneField(User, models.CASCADE)
    new_message = models.BooleanField(default=True)

    class Meta:
        app_label = "before"


class Notification(models.Model):
    user = models.ForeignKey(User, models.CASCADE)
    title = models.CharField(max_length=200)
    text = models.TextField()
    link = models.CharField(max_length=200)
    is_read = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "before"


TABLES = [Product, Conversation, Message, Preference, Notification]


class ChatConsumer(AsyncWebsocketConsumer):
    async def connect(self):
        self.id = int(self.scope["url_route"]["kwargs"]["id"])
        self.user = self.scope["user"]
        if not self.user.is_authenticated or not await self.member():
            await self.close()
            return
        await self.channel_layer.group_add(f"chat_{self.id}", self.channel_name)
        await self.accept()

    async def disconnect(self, code):
        await self.channel_layer.group_discard(f"chat_{self.id}", self.channel_name)

    async def receive(self, text_data=None, bytes_data=None):
        event = await self.save(json.loads(text_data)["message"])
        await self.channel_layer.group_send(f"chat_{self.id}", {"type": "chat_message", "event": event})

    async def chat_message(self, event):
        await self.send(text_data=json.dumps(event["event"]))

    @database_sync_to_async
    def member(self):
        return Conversation.objects.filter(id=self.id).filter(models.Q(buyer=self.user) | models.Q(seller=self.user)).exists()

    @database_sync_to_async
    def save(self, text):
        conversation = Conversation.objects.select_related("product", "buyer", "seller").get(id=self.id)
        message = Message.objects.create(conversation=conversation, sender=self.user, content=text)
        conversation.save()  # moves it up
        other = conversation.seller if self.user.id == conversation.buyer_id else conversation.buyer
        preference, _ = Preference.objects.get_or_create(user=other)
        if preference.new_message:
            Notification.objects.create(user=other, title=f"{self.user.username} wrote about {conversation.product.title}",
                                        text=text[:100], link=f"/chat/conversation/{self.id}/")
        return {"type": "message", "message": text, "sender_id": self.user.id, "sender_username": self.user.username,
                "sender_name": self.user.get_full_name() or self.user.username, "message_id": message.id,
                "timestamp": message.created_at.isoformat(), "is_read": False}


def listings(request):
    product = Product.objects.create(seller=request.user, title=json.loads(request.body)["title"])
    return JsonResponse({"listing": {"id": product.id}}, status=201)


def conversations(request):
    product = Product.objects.get(id=json.loads(request.body)["listing_id"])
    conversation = Conversation.objects.create(product=product, buyer=request.user, seller=product.seller)
    return JsonResponse({"conversation": {"id": conversation.id}}, status=201)


urlpatterns = [path("api/v1/listings", listings), path("api/v1/conversations", conversations)]

application = ProtocolTypeRouter({
    "http": get_asgi_application(),
    "websocket": AuthMiddlewareStack(URLRouter([re_path(r"ws/chat/(?P<id>\d+)/$", ChatConsumer.as_asgi())])),
})


def migrate():
    from django.core.management import call_command
    call_command("migrate", verbosity=0)
    with connection.schema_editor() as editor:
        for table in TABLES:
            editor.create_model(table)
    if connection.vendor == "sqlite":
        connection.cursor().execute("PRAGMA journal_mode=WAL")


def sessions(count, file):
    with open(file, "w", encoding="utf-8") as out:
        for i in range(count):
            user = User.objects.create(username=f"u{i}_{timezone.now().timestamp():.0f}")
            session = SessionStore()
            session[SESSION_KEY] = str(user.pk)
            session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
            session[HASH_SESSION_KEY] = user.get_session_auth_hash()
            session.create()
            out.write(f"{user.username} {session.session_key}\n")


if __name__ == "__main__":
    if sys.argv[1] == "migrate":
        migrate()
    else:
        sessions(int(sys.argv[2]), sys.argv[3])
