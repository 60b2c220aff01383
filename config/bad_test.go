package config

import "slices"

// badFile is a file with mistakes, and the whole message for it.
type badFile struct{ name, text, want string }

// badFiles is what can be wrong with a file.
var badFiles = slices.Concat(badSections, badAutomation)

var badSections = []badFile{
	{"unknown key", `mqtt:
  brokr: off
  hots: x
colour: red
cameras:
  front: {topk: 3, treshold: 0.5}`, `
f.yaml:2: mqtt.brokr: unknown key (did you mean broker?)
f.yaml:3: mqtt.hots: unknown key (want broker, listen, prefix, client_id, username, password_file, tls, keep_alive, qos, max_rate, queue, spool, report, commands or homeassistant)
f.yaml:4: colour: unknown key (want device, log, mqtt, models, cameras, location, governor, gpio, metrics, web or teach)
f.yaml:6: cameras.front.topk: unknown key (did you mean top_k?)
f.yaml:6: cameras.front.treshold: unknown key (did you mean threshold?)`},
	{"password in the file", `mqtt:
  password: secret
cameras:
  front:
    source: http
    http: {url: http://camera.local/, username: me, password: secret}`, `
f.yaml:2: mqtt.password: passwords do not belong in this file (write it to a file of its own and name that with password_file)
f.yaml:6: cameras.front.http.password: passwords do not belong in this file (write it to a file of its own and name that with password_file)`},
	{"wrong types", `device: 12
log: debug
mqtt:
  listen: [127.0.0.1]
  keep_alive: 30
  qos: one
  max_rate: fast
  queue: 1.5
models:
  demo:
    background: yes
    memory_limit: 64MB
    mean: 127.5
    threads:
    std: [1, x, 3]
cameras:
  front:
    controls: {}
    rotate: "90"
    region: 1`, `
f.yaml:1: device: want a text, not the number 12 (put it in quotes)
f.yaml:2: log: want a section of keys and values, not the text "debug"
f.yaml:4: mqtt.listen: want a text, not a list
f.yaml:5: mqtt.keep_alive: want a duration such as 500ms or 30s, not the number 30 (did you mean 30s?)
f.yaml:6: mqtt.qos: want a whole number, not the text "one"
f.yaml:7: mqtt.max_rate: want a number, not the text "fast"
f.yaml:8: mqtt.queue: want a whole number, not the number 1.5
f.yaml:11: models.demo.background: want true or false, not the text "yes" (did you mean true?)
f.yaml:12: models.demo.memory_limit: want a size such as 4096 or 16MiB, not the text "64MB" (did you mean 64MiB?)
f.yaml:13: models.demo.mean: want a list such as [1, 2, 3], not the number 127.5 (did you mean [127.5]?)
f.yaml:14: models.demo.threads: has no value (write one, or remove the line for the default)
f.yaml:15: models.demo.std[1]: want a number, not the text "x"
f.yaml:18: cameras.front.controls: unknown key (did you mean v4l2.controls?)
f.yaml:19: cameras.front.rotate: want a whole number, not the text "90" (did you mean 90?)
f.yaml:20: cameras.front.region: want a section of keys and values, not the number 1`},
	{"impossible values", `device: front door
log: {level: trace, format: text}
mqtt:
  keep_alive: 500ms
  qos: 3
  max_rate: -1
  queue: 0
  spool: {max_bytes: 1KiB, max_age: 1s, max_writes: -1}
models:
  demo:
    threads: 65
    memory_limit: 4GiB
    engine: cpuu
    mean: [1, 2]
    std: [1, 0, -1]
cameras:
  front:
    top_k: 0
    threshold: 1.01
    rotate: 45
    flip: left
    fit: streched
    max_rate: 1e9
    region: {x: 0.5, y: 2, width: 0.6, height: 0}
    demo: {width: 31, height: 4097, interval: 0s, seed: -1}`, `
f.yaml:1: device: "front door" cannot be a name (want 1 to 64 of a-z, A-Z, 0-9, - and _: it becomes part of a topic)
f.yaml:2: log.format: "text" is not possible (want auto, console or json)
f.yaml:2: log.level: "trace" is not possible (want debug, info, warn or error)
f.yaml:4: mqtt.keep_alive: 500ms is out of range (want 1s to 18h12m15s)
f.yaml:5: mqtt.qos: 3 is out of range (want 0 to 2)
f.yaml:6: mqtt.max_rate: -1 is out of range (want 0 to 1000)
f.yaml:7: mqtt.queue: 0 is out of range (want 1 to 65535)
f.yaml:8: mqtt.spool.max_age: 1s is out of range (want 1m0s to 8784h0m0s)
f.yaml:8: mqtt.spool.max_bytes: 1KiB is out of range (want 256KiB to 256MiB)
f.yaml:8: mqtt.spool.max_writes: -1 is out of range (want 0 to 60000)
f.yaml:11: models.demo.threads: 65 is out of range (want 0 to 64)
f.yaml:12: models.demo.memory_limit: 4GiB is out of range (want 1MiB to 2047MiB)
f.yaml:13: models.demo.engine: "cpuu" is not possible (did you mean cpu?)
f.yaml:14: models.demo.mean: 2 numbers (want one for all channels, or three: red, green, blue)
f.yaml:15: models.demo.std[1]: 0 is out of range (want more than 0)
f.yaml:15: models.demo.std[2]: -1 is out of range (want more than 0)
f.yaml:18: cameras.front.top_k: 0 is out of range (want 1 to 100)
f.yaml:19: cameras.front.threshold: 1.01 is out of range (want 0 to 1)
f.yaml:20: cameras.front.rotate: 45 is not possible (want 0, 90, 180 or 270)
f.yaml:21: cameras.front.flip: "left" is not possible (want none, horizontal, vertical or both)
f.yaml:22: cameras.front.fit: "streched" is not possible (want stretch, crop or letterbox)
f.yaml:23: cameras.front.max_rate: 1e+09 is out of range (want 0 to 1000)
f.yaml:24: cameras.front.region.height: 0 is out of range (want more than 0, at most 1: a fraction of the frame)
f.yaml:24: cameras.front.region.width: x 0.5 and width 0.6 reach beyond the frame (want a sum of at most 1)
f.yaml:24: cameras.front.region.y: 2 is out of range (want 0 to 1)
f.yaml:25: cameras.front.demo.height: 4097 is out of range (want 32 to 4096)
f.yaml:25: cameras.front.demo.interval: 0s is out of range (want 1ms to 1h0m0s)
f.yaml:25: cameras.front.demo.seed: -1 is out of range (want 0 or more)
f.yaml:25: cameras.front.demo.width: 31 is out of range (want 32 to 4096)`},
	{"not a number", `mqtt: {max_rate: .nan}
cameras:
  front: {threshold: .inf, max_rate: 1e999, top_k: 99999999999999999999}`, `
f.yaml:1: mqtt.max_rate: want a number, not the number .nan
f.yaml:3: cameras.front.max_rate: want a number, not the text "1e999"
f.yaml:3: cameras.front.threshold: want a number, not the number .inf
f.yaml:3: cameras.front.top_k: want a whole number, not the number 99999999999999999999`},
	{"engine", `models:
  demo: {engine: cpu, fallback: gpu, deadline: 1ms, xnnpack: true}`, `
f.yaml:2: models.demo.deadline: 1ms is out of range (want 10ms to 10m0s)
f.yaml:2: models.demo.fallback: "gpu" is not possible (did you mean cpu?)
f.yaml:2: models.demo.xnnpack: is for TensorFlow Lite, but engine is cpu (remove one of them)`},
	{"broker", `mqtt: {broker: embeded}`, `f.yaml:1: mqtt.broker: "embeded" is not possible (did you mean embedded?)`},
	{"broker without scheme", `mqtt: {broker: "broker.local:1883"}`, `f.yaml:1: mqtt.broker: "broker.local:1883" is not possible (did you mean mqtt://broker.local:1883?)`},
	{"broker scheme", `mqtt: {broker: "tcp://broker.local:1883"}`, `f.yaml:1: mqtt.broker: tcp:// is not supported (did you mean mqtt://?)`},
	{"broker with password", `mqtt: {broker: "mqtt://me:secret@broker.local"}`, `f.yaml:1: mqtt.broker: "mqtt://REDACTED@broker.local" holds a user or password (write it without, and set username and password_file)`},
	{"broker with password, no scheme", `mqtt: {broker: "me:secret@broker.local"}`, `f.yaml:1: mqtt.broker: "REDACTED@broker.local" is not possible (want embedded, off, or an address such as mqtt://broker.local:1883)`},
	{"broker with password, broken", `mqtt: {broker: "mqtt://me:sec/ret@broker.local"}`, `f.yaml:1: mqtt.broker: "mqtt://REDACTED@broker.local" holds a user or password (write it without, and set username and password_file)`},
	{"broker port", `mqtt: {broker: "mqtt://broker.local:99999"}`, `f.yaml:1: mqtt.broker: "mqtt://broker.local:99999" has no proper host or port (want embedded, off, or an address such as mqtt://broker.local:1883)`},
	{"broker path", `mqtt: {broker: "mqtt://broker.local/prefix"}`, `f.yaml:1: mqtt.broker: "mqtt://broker.local/prefix" has more than a host and a port (want embedded, off, or an address such as mqtt://broker.local:1883)`},
	{"listen for all", `mqtt: {listen: "0.0.0.0:1883"}`, `f.yaml:1: mqtt.listen: "0.0.0.0:1883" can be reached from other machines, and the embedded broker has no passwords (want 127.0.0.1:1883; for others run a broker such as mosquitto and name it in mqtt.broker)`},
	{"listen without host", `mqtt: {listen: ":1883"}`, `f.yaml:1: mqtt.listen: ":1883" can be reached from other machines, and the embedded broker has no passwords (want 127.0.0.1:1883; for others run a broker such as mosquitto and name it in mqtt.broker)`},
	{"listen without port", `mqtt: {listen: localhost}`, `f.yaml:1: mqtt.listen: "localhost" is not host:port (want one such as 127.0.0.1:1883)`},
	{"prefix wildcard", `mqtt: {prefix: "home/#"}`, `f.yaml:1: mqtt.prefix: "home/#" holds a wildcard (remove + and #)`},
	{"prefix level", `mqtt: {prefix: /home}`, `f.yaml:1: mqtt.prefix: "/home" has an empty level (want one / between two levels and none at the ends)`},
	{"prefix of the broker", `mqtt: {prefix: $SYS}`, `f.yaml:1: mqtt.prefix: "$SYS" starts with $, which belongs to the broker`},
	{"TLS halves", `mqtt:
  broker: mqtt://broker.local
  password_file: secret
  tls:
    cert_file: a.pem`, `
f.yaml:1: mqtt.username: is missing beside password_file (a password needs a user)
f.yaml:4: mqtt.tls: tls is set but mqtt:// does not use it (want mqtts:// or wss:// in mqtt.broker)
f.yaml:4: mqtt.tls.key_file: is missing beside cert_file (a certificate needs its key)`},
	{"TLS key only", `mqtt:
  broker: wss://broker.local/mqtt
  tls: {key_file: a.pem}`, `f.yaml:3: mqtt.tls.cert_file: is missing beside key_file (a key needs its certificate)`},
	{"model without file", `models:
  birds: {labels: builtin:birds, mean: [1]}`, `
f.yaml:2: models.birds.file: no file given (write its path, or builtin:demo)
f.yaml:2: models.birds.labels: there is nothing built in as "birds" (want builtin:demo, or the path of a file)
f.yaml:2: models.birds.std: is missing beside mean (set both or neither)`},
	{"models by hash", `models:
  a: {file: a.tflite, sha256: 0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF}
  b: {file: "sha256:123", labels: "sha256:", edgetpu: {device: any, file: "sha256:x"}}
  c: {file: "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", sha256: 1123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef}
  d: {file: "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", sha256: 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef}`, `
f.yaml:2: models.a.sha256: "0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789AB…" is no SHA-256 (want 64 of 0-9 and a-f, as sha256sum prints them)
f.yaml:3: models.b.edgetpu.file: "x" is no SHA-256 (want 64 of 0-9 and a-f, as sha256sum prints them)
f.yaml:3: models.b.file: "123" is no SHA-256 (want 64 of 0-9 and a-f, as sha256sum prints them)
f.yaml:3: models.b.labels: "" is no SHA-256 (want 64 of 0-9 and a-f, as sha256sum prints them)
f.yaml:4: models.c.sha256: is another one than file names (remove one of them: sha256: and the hash are enough)`},
	{"Edge TPU", `models:
  a: {file: a.tflite, engine: cpu, edgetpu: {device: usb}}
  b: {file: b.tflite, xnnpack: true, edgetpu: }
  c: {file: c.tflite, edgetpu: {device: tpu0, file: "builtin:x"}}
  d: {file: d.tflite, edgetpu: {device: "any:1"}}
  e: {file: e.tflite, edgetpu: {device: ""}}`, `
f.yaml:2: models.a.edgetpu: is for TensorFlow Lite, but engine is cpu (remove one of them)
f.yaml:3: models.b.edgetpu: cannot be used with xnnpack (remove one of them)
f.yaml:4: models.c.edgetpu.device: "tpu0" is no device (want any, usb, pci, usb:1 or a path such as /dev/apex_0)
f.yaml:4: models.c.edgetpu.file: there is nothing built in as "x" (want builtin:demo, or the path of a file)
f.yaml:5: models.d.edgetpu.device: "any:1" is no device (want any, usb, pci, usb:1 or a path such as /dev/apex_0)
f.yaml:6: models.e.edgetpu.device: "" is no device (want any, usb, pci, usb:1 or a path such as /dev/apex_0)`},
	{"model names", `models:
  "my birds": {file: a.tflite}
cameras:
  a/b:
  front: {model: dmeo}
  back: {model: other}`, `
f.yaml:2: models."my birds": "my birds" cannot be a name (want 1 to 64 of a-z, A-Z, 0-9, - and _: it becomes part of a topic)
f.yaml:4: cameras."a/b": "a/b" cannot be a name (want 1 to 64 of a-z, A-Z, 0-9, - and _: it becomes part of a topic)
f.yaml:5: cameras.front.model: there is no model "dmeo" (did you mean demo?)
f.yaml:6: cameras.back.model: there is no model "other" (want demo or my birds)`},
	{"std alone", `models:
  demo: {std: [1]}`, `f.yaml:2: models.demo.mean: is missing beside std (set both or neither)`},
	{"no cameras", `cameras: {}`, `f.yaml:1: cameras: no camera (add one, or remove the key for the demo camera)`},
	{"cameras as a list", `cameras:
  - source: demo`, `f.yaml:2: cameras: want a section of keys and values, not a list (write the name, a colon, and its keys below; no dashes)`},
	{"section of another source", `cameras:
  front:
    source: rpicam
    v4l2:
      device: /dev/video2`, `f.yaml:4: cameras.front.v4l2: v4l2 is set but source is rpicam (write source: v4l2, or remove the section)`},
	{"source", `cameras:
  front: {source: v4l, v4l2: {}}`, `f.yaml:2: cameras.front.source: "v4l" is not possible (did you mean v4l2?)`},
	{"v4l2", `cameras:
  front:
    source: v4l2
    v4l2:
      device: video0
      format: YUY2
      width: 0
      rate: -1
      timeout: 1ms
      controls: {Brightness: 1, gain: high}`, `
f.yaml:5: cameras.front.v4l2.device: "video0" is not a device (want a path such as /dev/video0)
f.yaml:6: cameras.front.v4l2.format: "YUY2" is not possible (did you mean YUYV?)
f.yaml:7: cameras.front.v4l2.width: 0 is out of range (want 16 to 8192)
f.yaml:8: cameras.front.v4l2.rate: -1 is out of range (want 0 to 1000)
f.yaml:9: cameras.front.v4l2.timeout: 1ms is out of range (want 100ms to 1h0m0s)
f.yaml:10: cameras.front.v4l2.controls.Brightness: "Brightness" is not a control (want a name such as brightness or exposure_time_absolute)
f.yaml:10: cameras.front.v4l2.controls.gain: want a whole number, not the text "high"`},
	{"device twice", `cameras:
  b: {source: v4l2}
  a: {source: v4l2, v4l2: {device: /dev//video0}}
  c: {source: rpicam}
  d: {source: rpicam, rpicam: {camera: 0}}`, `
f.yaml:2: cameras.b.v4l2.device: cameras.a opens the same (a device has one reader: choose another, or remove one camera)
f.yaml:5: cameras.d.rpicam.camera: cameras.c opens the same (a device has one reader: choose another, or remove one camera)`},
	{"rpicam", `cameras:
  front: {source: rpicam, rpicam: {camera: -1, rate: 0, timeout: 2h}}`, `
f.yaml:2: cameras.front.rpicam.camera: -1 is out of range (want 0 to 15)
f.yaml:2: cameras.front.rpicam.rate: 0 is out of range (want 0.01 to 1000)
f.yaml:2: cameras.front.rpicam.timeout: 2h0m0s is out of range (want 100ms to 1h0m0s)`},
	{"http", `cameras:
  a: {source: http}
  b: {source: http, http: {url: "rtsp://camera.local/"}}
  c: {source: http, http: {url: "http://me:secret@camera.local/"}}
  d: {source: http, http: {url: "http://:80/?key=secret", password_file: p}}
  e: {source: http, http: {url: "http://camera.local:secret/", max_bytes: 1TiB, interval: 1ms}}
  f: {source: http, http: {url: "camera.local/?key=secret"}}
  g: {source: http, http: {url: "https://c/", fingerprint: "12:34"}}
  h: {source: http, http: {url: "https://c/", fingerprint: "0123456789abcdef0123456789abcdef01234567"}}
  i: {source: http, http: {url: "http://c/", ca_file: ca.pem}}
  j: {source: http, http: {url: "https://c/", ca_file: ca.pem, fingerprint: "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"}}`, `
f.yaml:2: cameras.a.http.url: no address given (want one such as http://camera.local/stream.mjpg)
f.yaml:3: cameras.b.http.url: "rtsp://camera.local/" does not start with http:// or https://
f.yaml:4: cameras.c.http.url: "http://REDACTED@camera.local/" holds a user or password (write it without, and set username and password_file)
f.yaml:5: cameras.d.http.url: "http://:80/?key=REDACTED" has no proper host or port (want one such as http://camera.local/stream.mjpg)
f.yaml:5: cameras.d.http.username: is missing beside password_file (a password needs a user)
f.yaml:6: cameras.e.http.interval: 1ms is out of range (want 10ms to 24h0m0s)
f.yaml:6: cameras.e.http.max_bytes: want a size such as 4096 or 16MiB, not the text "1TiB"
f.yaml:6: cameras.e.http.url: "http://camera.local:REDACTED/" is not an address (want one such as http://camera.local/stream.mjpg)
f.yaml:7: cameras.f.http.url: "camera.local/?key=REDACTED" does not start with http:// or https://
f.yaml:8: cameras.g.http.fingerprint: "12:34" is no SHA-256 (want 64 hexadecimal digits, with or without colons, in quotes)
f.yaml:9: cameras.h.http.fingerprint: "0123456789abcdef0123456789abcdef01234567" is a SHA-1 (want the SHA-256: openssl x509 -noout -fingerprint -sha256)
f.yaml:10: cameras.i.http.url: "http://c/" is without TLS, and ca_file and fingerprint are for https:// (write https://, or remove them)
f.yaml:11: cameras.j.http.fingerprint: cannot stand beside ca_file (a fingerprint is enough: remove one of them)`},
	{"rtsp", `cameras:
  a: {source: rtsp}
  b: {source: rtsp, rtsp: {url: "http://camera.local/", transport: sctp}}
  c: {source: rtsp, rtsp: {url: "rtsp://me:secret@camera.local/", timeout: 2h}}
  d: {source: rtsp, rtsp: {url: "rtsps://:322/?key=secret", password_file: p, transport: udp}}
  e: {source: rtsp, rtsp: {url: "rtsp://camera.local/a", username: "a:b", keyframes: often}}
  f: {source: rtsp, rtsp: {url: "rtsp://c/", fingerprint: "12:34"}}`, `
f.yaml:2: cameras.a.rtsp.url: no address given (want one such as rtsp://camera.local/stream)
f.yaml:3: cameras.b.rtsp.transport: "sctp" is not possible (want tcp or udp)
f.yaml:3: cameras.b.rtsp.url: "http://camera.local/" does not start with rtsp:// or rtsps://
f.yaml:4: cameras.c.rtsp.timeout: 2h0m0s is out of range (want 100ms to 1h0m0s)
f.yaml:4: cameras.c.rtsp.url: "rtsp://REDACTED@camera.local/" holds a user or password (write it without, and set username and password_file)
f.yaml:5: cameras.d.rtsp.transport: udp is not possible with rtsps:// (want tcp)
f.yaml:5: cameras.d.rtsp.url: "rtsps://:322/?key=REDACTED" has no proper host or port (want one such as rtsp://camera.local/stream)
f.yaml:5: cameras.d.rtsp.username: is missing beside password_file (a password needs a user)
f.yaml:6: cameras.e.rtsp.keyframes: want true or false, not the text "often"
f.yaml:6: cameras.e.rtsp.username: "a:b" has a colon (give the camera a user without)
f.yaml:7: cameras.f.rtsp.fingerprint: "12:34" is no SHA-256 (want 64 hexadecimal digits, with or without colons, in quotes)
f.yaml:7: cameras.f.rtsp.url: "rtsp://c/" is without TLS, and ca_file and fingerprint are for rtsps:// (write rtsps://, or remove them)`},
	{"files", `cameras:
  a: {source: files}
  b: {source: files, files: {paths: pictures, interval: 25h}}
  c: {source: files, files: {paths: [a.jpg, ""]}}
  d: {source: files, files: {paths: [[a.jpg]]}}`, `
f.yaml:2: cameras.a.files.paths: no pictures given (want a list of folders, files or patterns such as [pictures, shots/*.jpg])
f.yaml:3: cameras.b.files.interval: 25h0m0s is out of range (want 0s to 24h0m0s)
f.yaml:3: cameras.b.files.paths: want a list such as [one, two], not the text "pictures" (did you mean [pictures]?)
f.yaml:4: cameras.c.files.paths[1]: the path is empty (write . for the folder of this file)
f.yaml:5: cameras.d.files.paths[0]: want a text, not a list`},
	{"view", `cameras:
  a: {source: view}
  b: {source: view, view: {of: none}}
  c: {source: view, view: {of: c}}
  d: {source: view, view: {of: drive}, rotate: 90, flip: both}
  e: {source: view, view: {of: d}}
  f: {source: demo, view: {of: drive}}
  g: {source: view, view: {of: driv}}
  drive: {}`, `
f.yaml:2: cameras.a.view.of: no camera given (write the name of the camera whose frames it takes)
f.yaml:3: cameras.b.view.of: there is no camera "none" (want drive or f)
f.yaml:4: cameras.c.view.of: "c" is a view itself (name the camera that it is a view of)
f.yaml:5: cameras.d.flip: belongs to the camera, for all of its views (set it in cameras.drive, or remove it)
f.yaml:5: cameras.d.rotate: belongs to the camera, for all of its views (set it in cameras.drive, or remove it)
f.yaml:6: cameras.e.view.of: "d" is a view itself (name the camera that it is a view of)
f.yaml:7: cameras.f.view: view is set but source is demo (write source: view, or remove the section)
f.yaml:8: cameras.g.view.of: there is no camera "driv" (did you mean drive?)`},
	{"twice", `log: {level: info}
mqtt:
  qos: 1
  qos: 2
log: {level: warn}`, `
f.yaml:4: mqtt.qos: is already in line 3 (keep one of them)
f.yaml:5: log: is already in line 1 (keep one of them)`},
	{"two documents", `log: {level: info}
---
log: {level: warn}`, `f.yaml:2: a second document starts here (want one: remove the line ---)`},
	{"anchor", `log: &a {level: info}
mqtt:
  prefix: &p home
  client_id: *p`, `
f.yaml:1: log: anchors (&name) and aliases (*name) are not supported (write the value out)
f.yaml:3: mqtt.prefix: anchors (&name) and aliases (*name) are not supported (write the value out)
f.yaml:4: mqtt.client_id: anchors (&name) and aliases (*name) are not supported (write the value out)`},
	{"unknown alias", `mqtt: *nowhere`, `f.yaml: anchors (&name) and aliases (*name) are not supported (write the value out)`},
	{"merge", `cameras:
  a: {top_k: 1}
  b: {<<: {top_k: 2}}`, `f.yaml:3: cameras.b: want a plain name as key (anchors, merges and tags are not supported)`},
	{"tag", `device: !!binary aGk=`, `f.yaml:1: device: tags such as !!str are not supported (remove it)`},
	{"key that is a list", `? [a, b]
: 1`, `f.yaml:1: want a plain name as key (anchors, merges and tags are not supported)`},
	{"tab", "log:\n\tlevel: info", `f.yaml:2: a tab in the indentation (YAML wants spaces)`},
	{"not UTF-8", "log:\n  level: info # \xff", `f.yaml:2: the text is not UTF-8 (save the file as UTF-8)`},
	{"control character", "log:\n  level: \"a\x00b\"", `f.yaml:2: the line holds a control character (remove it): is it a text file?`},
	{"escape character in the text", `log:
  level: "\x1b[31m"`, `f.yaml:2: log.level: "\x1b[31m" is not possible (want debug, info, warn or error)`},
	{"bracket", `log: {level: info
mqtt: {}`, `f.yaml:1: not YAML: did not find expected ',' or '}' (a bracket is not closed, here or below)`},
	{"indentation", `log:
  level: info
 format: json`, `f.yaml:2: not YAML: did not find expected key (keys of one section must start in the same column, here or below)`},
	{"colon", `device: a: b`, `f.yaml:1: not YAML: mapping values are not allowed in this context (wrong indentation, or a text with a colon that needs quotes)`},
	{"special character", `device: @home`, `f.yaml:1: not YAML: found character that cannot start any token (a text that starts with a special character needs quotes)`},
	{"quote", `device: "home`, `f.yaml:1: not YAML: found unexpected end of stream (a quote is not closed, here or above)`},
	{"not a section", `just text`, `f.yaml:1: want a section of keys and values, not the text "just text"`},
	{"long value", `device: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa`, `f.yaml:1: device: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…" cannot be a name (want 1 to 64 of a-z, A-Z, 0-9, - and _: it becomes part of a topic)`},
	{"key with a secret", `http://me:secret@camera.local/: 1`, `f.yaml:1: "http://REDACTED@camera.local/": unknown key (want device, log, mqtt, models, cameras, location, governor, gpio, metrics, web or teach)`},
	{"key of a deeper section", `broker: "off"
cameras:
  front: {source: v4l2, device: /dev/video1, interval: 1s}`, `
f.yaml:1: broker: unknown key (did you mean mqtt.broker?)
f.yaml:3: cameras.front.device: unknown key (did you mean v4l2.device?)
f.yaml:3: cameras.front.interval: unknown key (did you mean demo.interval, http.interval, files.interval or snapshot.interval?)`},
	{"hints", `mqtt: {qos: "1", max_rate: "2.5", keep_alive: "5", queue: inf}
models: {demo: {memory_limit: 64m, background: 1}}
cameras: {front: {fast_decode: on, fit: letter}}
log: {level: Warning}`, `
f.yaml:1: mqtt.keep_alive: want a duration such as 500ms or 30s, not the text "5" (did you mean 5s?)
f.yaml:1: mqtt.max_rate: want a number, not the text "2.5" (did you mean 2.5?)
f.yaml:1: mqtt.qos: want a whole number, not the text "1" (did you mean 1?)
f.yaml:1: mqtt.queue: want a whole number, not the text "inf"
f.yaml:2: models.demo.background: want true or false, not the number 1
f.yaml:2: models.demo.memory_limit: want a size such as 4096 or 16MiB, not the text "64m" (did you mean 64MiB?)
f.yaml:3: cameras.front.fast_decode: want true, false or auto, not the text "on" (did you mean true?)
f.yaml:3: cameras.front.fit: "letter" is not possible (did you mean letterbox?)
f.yaml:4: log.level: "Warning" is not possible (did you mean warn?)`},
	{"odds", `device: true
mqtt:
  client_id: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
  prefix: "a\nb"
  keep_alive: 1500ms
cameras:
  a: {source: files, files: {paths: }}
  b: {model: 2026-01-02}`, `
f.yaml:1: device: want a text, not true (put it in quotes)
f.yaml:3: mqtt.client_id: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…" is not possible (want at most 128 bytes of printable text)
f.yaml:4: mqtt.prefix: "a\nb" holds a control character
f.yaml:5: mqtt.keep_alive: 1.5s is not a number of whole seconds
f.yaml:7: cameras.a.files.paths: has no value (write one, or remove the line for the default)
f.yaml:8: cameras.b.model: want a text, not 2026-01-02 (put it in quotes)`},
	{"broken after the first document", `log: {}
--- {`, `f.yaml:2: not YAML: did not find expected node content`},
	{"password where there is none", `log: {password: secret}`, `f.yaml:1: log.password: unknown key (want level or format)`},
	{"names with a line break", `cameras:
  "a\nb": {source: v4l2}
  "c\nd": {source: v4l2, v4l2: {device: "/dev/video0"}}`, `
f.yaml:2: cameras."a\nb": "a\nb" cannot be a name (want 1 to 64 of a-z, A-Z, 0-9, - and _: it becomes part of a topic)
f.yaml:3: cameras."c\nd": "c\nd" cannot be a name (want 1 to 64 of a-z, A-Z, 0-9, - and _: it becomes part of a topic)
f.yaml:3: cameras."c\nd".v4l2.device: cameras."a\nb" opens the same (a device has one reader: choose another, or remove one camera)`},
	{"empty", "", emptyMessage},
	{"blanks", " \t\n\r\n", emptyMessage},
	{"a mark of the byte order alone", "\ufeff\n", emptyMessage},
	{"an empty document", "---\n...\n", emptyMessage},
	{"zeros, as a power cut leaves them", "\x00\x00\x00\x00", emptyMessage},
	{"secret", `mqtt:
  broker: !secret mqtt_broker
  username: !env_var MQTT_USER
  prefix: !include prefix.yaml
  client_id: !Ref name`, `
f.yaml:2: mqtt.broker: !secret is not supported (write the value itself; a password goes to a file of its own, which password_file names)
f.yaml:3: mqtt.username: !env_var is not supported (write the value itself; a password goes to a file of its own, which password_file names)
f.yaml:4: mqtt.prefix: !include is not supported (there is one file: write the section here)
f.yaml:5: mqtt.client_id: tags such as "!Ref" are not supported (remove it)`},
	{"secret in place of a section", `mqtt: !include mqtt.yaml
cameras:
  front: {source: files, files: {paths: !secret pictures}}`, `
f.yaml:1: mqtt: !include is not supported (there is one file: write the section here)
f.yaml:3: cameras.front.files.paths: !secret is not supported (write the value itself; a password goes to a file of its own, which password_file names)`},
	{"unknown tag handle", `device: !a!b c`, `f.yaml:1: not YAML: found undefined tag handle (tags are not supported: remove it)`},
	{"variables", `device: ${HOSTNAME}
mqtt:
  broker: mqtt://${MQTT_HOST:-secret}:1883
  username: "{{ user }}"
  client_id: '{CLIENT_ID}'
  max_rate: ${RATE}
models:
  a: {file: $HOME/a.tflite}
  b: {file: ~/b.tflite, labels: ~pi/b.txt}
cameras:
  c: {source: http, http: {url: "http://$CAMERA/?key=$(cat secret)"}}`, `
f.yaml:1: device: variables such as ${HOSTNAME} are not expanded (write the value itself; a password goes to a file of its own, which password_file names)
f.yaml:3: mqtt.broker: variables such as ${MQTT_HOST} are not expanded (write the value itself; a password goes to a file of its own, which password_file names)
f.yaml:4: mqtt.username: variables such as {{user}} are not expanded (write the value itself; a password goes to a file of its own, which password_file names)
f.yaml:5: mqtt.client_id: variables such as {CLIENT_ID} are not expanded (write the value itself; a password goes to a file of its own, which password_file names)
f.yaml:6: mqtt.max_rate: variables such as ${RATE} are not expanded (write the value itself; a password goes to a file of its own, which password_file names)
f.yaml:8: models.a.file: variables such as $HOME are not expanded (write the value itself; a password goes to a file of its own, which password_file names)
f.yaml:9: models.b.file: "~/b.tflite": ~ is not expanded (write the whole path, such as /home/pi/…)
f.yaml:9: models.b.labels: "~pi/b.txt": ~ is not expanded (write the whole path, such as /home/pi/…)
f.yaml:11: cameras.c.http.url: variables such as $CAMERA are not expanded (write the value itself; a password goes to a file of its own, which password_file names)`},
	{"typographic quotes", "device: “pi”\nmqtt: {broker: ‘off’}\n“log”: {}\ncameras:\n  a: {demo: {interval: «5s»}}", `
f.yaml:1: device: "“pi”" has typographic quotes (write straight ones, or none)
f.yaml:2: mqtt.broker: "‘off’" has typographic quotes (write straight ones, or none)
f.yaml:3: "“log”": unknown key (want device, log, mqtt, models, cameras, location, governor, gpio, metrics, web or teach); the line has a typographic quote, U+201C: write a straight one
f.yaml:5: cameras.a.demo.interval: "«5s»" has typographic quotes (write straight ones, or none)`},
	{"spaces of a web page", "mqtt:\n\u00a0\u00a0broker: off\nlog:\n  level:\u00a0info\n", `
f.yaml:2: "\u00a0\u00a0broker": unknown key (want device, log, mqtt, models, cameras, location, governor, gpio, metrics, web or teach); the line has a no-break or other special space, U+00A0: write a plain one
f.yaml:4: log: want a section of keys and values, not the text "level:\u00a0info"; the line has a no-break or other special space, U+00A0: write a plain one`},
	{"dashes and colons of a text processor", "cameras:\n  a:\n    source：demo\n  b: {source: files, files: {paths: – x}}", `
f.yaml:3: cameras.a: want a section of keys and values, not the text "source：demo"; the line has a wide colon, U+FF1A: write a plain one
f.yaml:4: cameras.b.files.paths: want a list such as [one, two], not the text "– x" (did you mean [– x]?); the line has a long dash, U+2013: write a plain -`},
	{"Markdown", "```yaml\nlog: {level: info}\n```", "f.yaml:1: not YAML: a line of Markdown (remove it)"},
	{"INI", "[mqtt]\nbroker = off\n", "f.yaml:1: not YAML: a section as in TOML or INI (write its name and a colon, and its keys indented below)"},
	{"assignments", "# mine\nmqtt.broker = off\n", "f.yaml:2: not YAML: an assignment with = (write key: value)"},
	{"merge conflict", "<<<<<<< HEAD\nlog: {level: info}\n=======\n", "f.yaml:1: not YAML: a mark of a merge conflict (choose one of its sides)"},
	{"a page of a proxy", "<!DOCTYPE html>\n<html><body>404</body></html>", "f.yaml:1: not YAML: a line of HTML or XML (is it the right file?)"},
	{"JSON with comments", "{\n  // mine\n  \"log\": {}\n}", "f.yaml:2: not YAML: a comment that starts with // (write #)"},
	{"no space after the colon", `device:pi`, `f.yaml:1: want a section of keys and values, not the text "device:pi" (a space is missing after the colon)`},
	{"tab in the indentation of a list", "cameras:\n  a:\n    source: files\n    files:\n      paths:\n\t- x\n", `f.yaml:6: a tab in the indentation (YAML wants spaces)`},
	{"tabs in JSON, a bracket missing", "{\n\t\"mqtt\": {\n\t\t\"broker\": \"off\"\n\t,\n", `f.yaml:4: not YAML: did not find expected node content`},
	{"YAML of the future", "%YAML 2.0\n---\ndevice: a\n", `f.yaml:1: not YAML: found incompatible YAML document (want YAML 1.2: remove the line)`},
	{"numbers of other countries and habits", `mqtt: {keep_alive: 30 s, max_rate: "2,5"}
cameras:
  a: {threshold: "0,5", demo: {interval: 2min}}
  b: {top_k: 0_12}`, `
f.yaml:1: mqtt.keep_alive: want a duration such as 500ms or 30s, not the text "30 s" (did you mean 30s?)
f.yaml:1: mqtt.max_rate: want a number, not the text "2,5" (did you mean 2.5?)
f.yaml:3: cameras.a.demo.interval: want a duration such as 500ms or 30s, not the text "2min" (did you mean 2m?)
f.yaml:3: cameras.a.threshold: want a number, not the text "0,5" (did you mean 0.5?)
f.yaml:4: cameras.b.top_k: want a whole number, not the number 0_12`},
	{"secrets in what is no address", `mqtt: {broker: "mqtt://me:secret"}
cameras:
  a: {source: http, http: {url: "http://cam%ra/?key=secret"}}
  b: {source: http, http: {url: "http://fe80::1/a"}}`, `
f.yaml:1: mqtt.broker: "mqtt://me:REDACTED" is not an address (want embedded, off, or an address such as mqtt://broker.local:1883)
f.yaml:3: cameras.a.http.url: "http://cam%ra/?key=REDACTED" is not an address (want one such as http://camera.local/stream.mjpg)
f.yaml:4: cameras.b.http.url: "http://fe80::1/a" is not an address (write an IPv6 address in brackets: http://[fe80::1])`},
}

const emptyMessage = "f.yaml: the file is empty, as a power cut may leave it (restore it; `inceptiond config` prints one with all defaults; {} stands for them)"
