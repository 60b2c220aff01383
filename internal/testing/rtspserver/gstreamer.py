# A camera made of GStreamer's RTSP server: gstreamer.py FILE basic|digest USER PASSWORD plays an MP4 at /stream, and prints
# its port. It ends with its standard input.
import os
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer

Gst.init(None)
path, login, user, password = sys.argv[1:]
codec = "h265" if "265" in os.path.basename(path) else "h264"

server = GstRtspServer.RTSPServer()
server.set_address("127.0.0.1")
server.set_service("0")

auth = GstRtspServer.RTSPAuth()
viewer = GstRtspServer.RTSPToken()
viewer.set_string("media.factory.role", "viewer")
if login == "digest":
    auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
    auth.add_digest(user, password, viewer)
else:
    auth.add_basic(GstRtspServer.RTSPAuth.make_basic(user, password), viewer)
server.set_auth(auth)

factory = GstRtspServer.RTSPMediaFactory()
factory.set_launch(f"( filesrc location={path} ! qtdemux ! {codec}parse ! rtp{codec}pay name=pay0 config-interval=-1 )")
roles = GstRtspServer.RTSPPermissions()
roles.add_permission_for_role("viewer", "media.factory.access", True)
roles.add_permission_for_role("viewer", "media.factory.construct", True)
factory.set_permissions(roles)
server.get_mount_points().add_factory("/stream", factory)

server.attach(None)
print(server.get_bound_port(), flush=True)
loop = GLib.MainLoop()
GLib.io_add_watch(0, GLib.PRIORITY_DEFAULT, GLib.IOCondition.HUP | GLib.IOCondition.IN, lambda *_: loop.quit())
loop.run()
