package config

// badAutomation is what can be wrong with what decides, switches, looks and tells.
var badAutomation = []badFile{
	{"reports and commands of the wrong kind", `mqtt:
  report: 25h
  homeassistant: {enabled: 1, prefix: /ha, status_topic: ha/+/status, discovery: ha}
  commands: [pause, entre, 3]`, `
f.yaml:2: mqtt.report: 25h0m0s is out of range (want 0s to 24h0m0s)
f.yaml:3: mqtt.homeassistant.discovery: unknown key (want enabled, prefix or status_topic)
f.yaml:3: mqtt.homeassistant.enabled: want true or false, not the number 1
f.yaml:3: mqtt.homeassistant.prefix: "/ha" has an empty level (want one / between two levels and none at the ends)
f.yaml:3: mqtt.homeassistant.status_topic: "ha/+/status" holds a wildcard (remove + and #)
f.yaml:4: mqtt.commands[1]: "entre" is not possible (did you mean enter?)
f.yaml:4: mqtt.commands[2]: want a text, not the number 3 (put it in quotes)`},
	{"commands as a text", `mqtt: {commands: pause}`, `f.yaml:1: mqtt.commands: want a list such as [one, two], not the text "pause" (did you mean [pause]?)`},
	{"location", `location: {latitude: 52.52}`, `f.yaml:1: location.longitude: is missing (a location has both, in degrees: {latitude: 52.52, longitude: 13.405})`},
	{"location without anything", `location:`, `
f.yaml:1: location.latitude: is missing (a location has both, in degrees: {latitude: 52.52, longitude: 13.405})
f.yaml:1: location.longitude: is missing (a location has both, in degrees: {latitude: 52.52, longitude: 13.405})`},
	{"location out of range", `location: {latitude: -90.1, longitude: 180.1}`, `
f.yaml:1: location.latitude: -90.1 is out of range (want -90 to 90)
f.yaml:1: location.longitude: 180.1 is out of range (want -180 to 180)`},
	{"location with a comma", `location: {latitude: "52,52", longitude: 13.405}`, `f.yaml:1: location.latitude: want a number, not the text "52,52" (did you mean 52.52?)`},
	{"a second model that cannot be", `models: {coco: {file: a.tflite}, birds: {file: b.tflite}}
cameras:
  a: {model: coco, then: {model: brids, labels: bird, max_crops: 0}}
  b: {model: coco, then: {model: coco, labels: [""], max_crops: 101}}
  c: {model: coco, then: {labels: [bird]}}
  d: {model: coco, then: birds}
  e: {model: coco, then: {model: birds, label: bird}}
  f: {model: coco, then: }`, `
f.yaml:3: cameras.a.then.labels: want a list such as [one, two], not the text "bird" (did you mean [bird]?)
f.yaml:3: cameras.a.then.max_crops: 0 is out of range (want 1 to 100)
f.yaml:3: cameras.a.then.model: there is no model "brids" (did you mean birds?)
f.yaml:4: cameras.b.then.labels[0]: "" cannot be the name of a class (want 1 to 255 bytes of printable text)
f.yaml:4: cameras.b.then.max_crops: 101 is out of range (want 1 to 100)
f.yaml:4: cameras.b.then.model: "coco" is the camera's model already (want another one, that looks at what this finds)
f.yaml:5: cameras.c.then.model: no model given (write which one looks at what the camera's model finds: birds or demo)
f.yaml:6: cameras.d.then: want a section of keys and values, not the text "birds"
f.yaml:6: cameras.d.then.model: no model given (write which one looks at what the camera's model finds: birds or demo)
f.yaml:7: cameras.e.then.label: unknown key (did you mean labels?)
f.yaml:8: cameras.f.then.model: no model given (write which one looks at what the camera's model finds: birds or demo)`},
	{"decisions of the wrong kind", `cameras:
  front:
    decision:
      hold: 30
      dwell: 25h
      cooldown: -1s
      ignore: background
      label_events: "true"
      treshold: 1
      margin: 1.5`, `
f.yaml:4: cameras.front.decision.hold: want a duration such as 500ms or 30s, not the number 30 (did you mean 30s?)
f.yaml:5: cameras.front.decision.dwell: 25h0m0s is out of range (want 0s to 24h0m0s)
f.yaml:6: cameras.front.decision.cooldown: -1s is out of range (want 0s to 24h0m0s)
f.yaml:7: cameras.front.decision.ignore: want a list such as [one, two], not the text "background" (did you mean [background]?)
f.yaml:8: cameras.front.decision.label_events: want true or false, not the text "true"
f.yaml:9: cameras.front.decision.treshold: unknown key (want enter, leave, margin, need, window, dwell, cooldown, hold, ignore, others, groups, classes or label_events)
f.yaml:10: cameras.front.decision.margin: 1.5 is out of range (want 0 to 1)`},
	{"votes", `cameras:
  a: {decision: {need: 2, window: 4}}
  b: {decision: {need: 2, window: 3}}
  c: {decision: {need: 4, window: 3}}
  d: {decision: {need: 4}}
  e: {decision: {window: 5}}
  f: {decision: {need: 4, window: 101}}
  g: {decision: {need: -1, window: -1}}
  h: {decision: {need: -1, window: 5}}
  i: {source: v4l2, decision: {classes: {dog: {need: 3}, cat: {need: 5}, cow: {need: 0}}}}
  j: {source: demo, decision: {classes: {dog: {need: 4}}}}
  k: {source: view, view: {of: j}, decision: {classes: {dog: {need: 4}}}}`, `
f.yaml:2: cameras.a.decision.need: 2 of 4 is not possible (want 3 to 4: with fewer, two classes could change places for ever)
f.yaml:3: cameras.b.decision.need: 2 of 3 is not possible (want 3: with fewer, two classes could change places for ever)
f.yaml:4: cameras.c.decision.need: 4 of 3 is not possible (want 3)
f.yaml:5: cameras.d.decision.need: 4 of how many? (write window beside need, or neither of them)
f.yaml:6: cameras.e.decision.window: how many of 5? (write need beside window, or neither of them)
f.yaml:7: cameras.f.decision.window: 101 is out of range (want 0 to 100)
f.yaml:8: cameras.g.decision.window: -1 is out of range (want 0 to 100)
f.yaml:9: cameras.h.decision.need: -1 of 5 is not possible (want 4 to 5: with fewer, two classes could change places for ever)
f.yaml:10: cameras.i.decision.classes.cow.need: 0 of 5 is not possible (want 4 to 5: with fewer, two classes could change places for ever)
f.yaml:10: cameras.i.decision.classes.dog.need: 3 of 5 is not possible (want 4 to 5: with fewer, two classes could change places for ever)
f.yaml:11: cameras.j.decision.classes.dog.need: 4 of 1 is not possible (want 1)
f.yaml:12: cameras.k.decision.classes.dog.need: 4 of 1 is not possible (want 1)`},
	{"classes", `cameras:
  a:
    decision:
      ignore: ["", true, 3.5, [cat], -1]
      groups:
        dog: terrier
        cat: []
        cow: [{}, "a\nb"]
        hen:
      classes:
        dog: {enter: 2, leave: -1, dwell: -1s, cooldown: 1, margin: 0}
        cat: {enter: , leave: high}
        "": {}
        hen: 0.5`, `
f.yaml:4: cameras.a.decision.ignore[0]: "" cannot be the name of a class (want 1 to 255 bytes of printable text)
f.yaml:4: cameras.a.decision.ignore[1]: want a text or a whole number, not true (put it in quotes)
f.yaml:4: cameras.a.decision.ignore[2]: want a text or a whole number, not the number 3.5 (put it in quotes)
f.yaml:4: cameras.a.decision.ignore[3]: want a text or a whole number, not a list
f.yaml:4: cameras.a.decision.ignore[4]: want a text or a whole number, not the number -1 (put it in quotes)
f.yaml:6: cameras.a.decision.groups.dog: want a list such as [one, two], not the text "terrier" (did you mean [terrier]?)
f.yaml:7: cameras.a.decision.groups.cat: is empty (write which classes belong to it, or remove it)
f.yaml:8: cameras.a.decision.groups.cow[0]: want a text or a whole number, not a section
f.yaml:8: cameras.a.decision.groups.cow[1]: "a\nb" cannot be the name of a class (want 1 to 255 bytes of printable text)
f.yaml:9: cameras.a.decision.groups.hen: has no value (write one, or remove the line for the default)
f.yaml:11: cameras.a.decision.classes.dog.cooldown: want a duration such as 500ms or 30s, not the number 1 (did you mean 1s?)
f.yaml:11: cameras.a.decision.classes.dog.dwell: -1s is out of range (want 0s to 24h0m0s)
f.yaml:11: cameras.a.decision.classes.dog.enter: 2 is out of range (want 0 to 1)
f.yaml:11: cameras.a.decision.classes.dog.leave: -1 is out of range (want 0 to 1)
f.yaml:11: cameras.a.decision.classes.dog.margin: unknown key (want enter, leave, need, dwell or cooldown)
f.yaml:12: cameras.a.decision.classes.cat.enter: has no value (write one, or remove the line for the default)
f.yaml:12: cameras.a.decision.classes.cat.leave: want a number, not the text "high"
f.yaml:13: cameras.a.decision.classes."": "" cannot be the name of a class (want 1 to 255 bytes of printable text)
f.yaml:14: cameras.a.decision.classes.hen: want a section of keys and values, not the number 0.5`},
	{"frames of another camera", `cameras:
  shots: {source: files, files: {paths: [.]}}
  look: {source: view, view: {of: shots}, hours: ["08:00 to 18:00"], gate: {}}
  sun: {hours: ["mon SUNRISE+1h to 18:00"]}`, `
f.yaml:3: cameras.look.gate: cannot stand with files, of which every picture is classified (remove it)
f.yaml:3: cameras.look.hours: cannot stand with files, of which every picture is classified (remove it)
f.yaml:4: cameras.sun.hours: sunrise and sunset depend on where the machine is (add location: {latitude: 52.52, longitude: 13.405} with yours)`},
	{"gate", `cameras:
  a:
    gate:
      linger: -1s
      refresh: 25h
      triggers: [pir]
      motion: yes
      threshold: 256
      area: 0
      frames: 0
      light: 1.1
      learn: 10ms
      mask: [[0, 0, 1], [a, b, c]]
      sensitivity: 1
  b: {gate: {triggers: pir, mask: [[0, 0, 1, 0, .nan, 1]]}}
  c: {mask: {x: 1}}
  d: {mask: ["0,0,1,0,1,1"]}`, `
f.yaml:4: cameras.a.gate.linger: -1s is out of range (want 0s to 24h0m0s)
f.yaml:5: cameras.a.gate.refresh: 25h0m0s is out of range (want 0s to 24h0m0s)
f.yaml:6: cameras.a.gate.triggers[0]: there is no input "pir" (add it to gpio.inputs)
f.yaml:7: cameras.a.gate.motion: want true or false, not the text "yes" (did you mean true?)
f.yaml:8: cameras.a.gate.threshold: 256 is out of range (want 1 to 255)
f.yaml:9: cameras.a.gate.area: 0 is out of range (want 0.0001 to 1)
f.yaml:10: cameras.a.gate.frames: 0 is out of range (want 1 to 100)
f.yaml:11: cameras.a.gate.light: 1.1 is out of range (want 0.01 to 1)
f.yaml:12: cameras.a.gate.learn: 10ms is out of range (want 1s to 24h0m0s)
f.yaml:13: cameras.a.gate.mask[0]: has 3 numbers (want pairs: x1, y1, x2, y2, …)
f.yaml:13: cameras.a.gate.mask[1]: has 3 numbers (want pairs: x1, y1, x2, y2, …)
f.yaml:13: cameras.a.gate.mask[1][0]: want a number, not the text "a"
f.yaml:13: cameras.a.gate.mask[1][1]: want a number, not the text "b"
f.yaml:13: cameras.a.gate.mask[1][2]: want a number, not the text "c"
f.yaml:14: cameras.a.gate.sensitivity: unknown key (want linger, refresh, triggers, motion, threshold, area, frames, light, learn or mask)
f.yaml:15: cameras.b.gate.mask[0][4]: want a number, not the number .nan
f.yaml:15: cameras.b.gate.triggers: want a list such as [one, two], not the text "pir" (did you mean [pir]?)
f.yaml:16: cameras.c.mask: want a list such as [[0, 0, 1, 0, 0.5, 1]], not a section
f.yaml:17: cameras.d.mask: want a list of lists such as [[0, 0, 1, 0, 0.5, 1]], not one list (put the numbers of each in brackets of their own)`},
	{"snapshot", `cameras:
  a:
    snapshot:
      classes: dog
      picture: crop
      width: 8193
      quality: 0
      interval: -1s
      max_bytes: 1KiB
      keep: {max_files: 1000001, max_bytes: 1KiB, max_age: 1s, files: 3}
      budget: 1KiB
      retain: true
      disk: maybe
      why: true
  b: {snapshot: {classes: [""], keep: 3}}
  c: {snapshot: true}`, `
f.yaml:4: cameras.a.snapshot.classes: want a list such as [one, two], not the text "dog" (did you mean [dog]?)
f.yaml:5: cameras.a.snapshot.picture: "crop" is not possible (want frame or region)
f.yaml:6: cameras.a.snapshot.width: 8193 is out of range (want 16 to 8192)
f.yaml:7: cameras.a.snapshot.quality: 0 is out of range (want 1 to 100)
f.yaml:8: cameras.a.snapshot.interval: -1s is out of range (want 0s to 24h0m0s)
f.yaml:9: cameras.a.snapshot.max_bytes: 1KiB is out of range (want 4KiB to 16MiB)
f.yaml:10: cameras.a.snapshot.keep.files: unknown key (want max_files, max_bytes or max_age)
f.yaml:10: cameras.a.snapshot.keep.max_age: 1s is out of range (want 1m0s to 87840h0m0s)
f.yaml:10: cameras.a.snapshot.keep.max_bytes: 1KiB is out of range (want 64KiB to 1024GiB)
f.yaml:10: cameras.a.snapshot.keep.max_files: 1000001 is out of range (want 1 to 1000000)
f.yaml:11: cameras.a.snapshot.budget: 1KiB is out of range (want 64KiB to 1024GiB)
f.yaml:12: cameras.a.snapshot.retain: is about MQTT, which mqtt: false does not use (set mqtt: true, or remove it)
f.yaml:13: cameras.a.snapshot.disk: want true or false, not the text "maybe"
f.yaml:14: cameras.a.snapshot.why: is about MQTT, which mqtt: false does not use (set mqtt: true, or remove it)
f.yaml:15: cameras.b.snapshot.classes[0]: "" cannot be the name of a class (want 1 to 255 bytes of printable text)
f.yaml:15: cameras.b.snapshot.keep: want a section of keys and values, not the number 3
f.yaml:16: cameras.c.snapshot: want a section of keys and values, not true`},
	{"tasks and objects", `models:
  a: {file: a.tflite, task: detection}
  b: {file: b.tflite, decoder: ssd, anchors: 3}
  c: {file: c.tflite, task: segment, decoder: yolo, scores: softmax}
  d: {file: d.tflite, anchors: [[1, 2], [1, 2, 3], [1, 2, 3, 4]]}
  e: {file: "taught:gate", task: detect}
cameras:
  a: {objects: {threshold: 1.5, max_results: 0, only: person, segment_map: 1}}
  b: {objects: {only: [""], max_result: 3}}
  c: {max_results: 3}`, `
f.yaml:2: models.a.task: "detection" is not possible (did you mean detect?)
f.yaml:3: models.b.anchors: want a list such as [[10, 13], [16, 30]], not the number 3
f.yaml:3: models.b.decoder: "ssd" is not possible (want blazeface or yolo)
f.yaml:4: models.c.decoder: is for detectors, but task is segment (remove one of them)
f.yaml:5: models.d.anchors: is for a decoder (name it with decoder: blazeface or yolo, or remove it)
f.yaml:5: models.d.anchors[1]: has 3 numbers (want 2, or 4, in each of them)
f.yaml:5: models.d.anchors[2]: has 4 numbers (want 2, or 4, in each of them)
f.yaml:6: models.e.task: belongs to other models: a taught one is a classifier (remove it, and decoder)
f.yaml:8: cameras.a.objects.max_results: 0 is out of range (want 1 to 100)
f.yaml:8: cameras.a.objects.only: want a list such as [one, two], not the text "person" (did you mean [person]?)
f.yaml:8: cameras.a.objects.segment_map: want true or false, not the number 1
f.yaml:8: cameras.a.objects.threshold: 1.5 is out of range (want 0 to 1)
f.yaml:9: cameras.b.objects.max_result: unknown key (did you mean max_results?)
f.yaml:9: cameras.b.objects.only[0]: "" cannot be the name of a class (want 1 to 255 bytes of printable text)
f.yaml:10: cameras.c.max_results: unknown key (did you mean objects.max_results?)`},
	{"people", `models:
  a: {file: a.tflite, people: family}
  b: {file: b.tflite, task: embed, people: ../family, max_distance: 2}
  c: {file: c.tflite, task: embed, max_distance: 0.5}
  d: {file: d.tflite, publish_embedding: true}
  e: {file: "taught:gate", people: family, max_distance: 0}
  good: {file: c.tflite, task: embed, people: family, max_distance: 0.5, publish_embedding: true}
cameras:
  a: {model: good, collect: {what: unsure}}`, `
f.yaml:2: models.a.people: is for models that give embeddings of faces: say task: embed, or remove it
f.yaml:3: models.b.max_distance: is 2 (want more than 0, and less than 2: nobody is farther than that from anybody)
f.yaml:3: models.b.people: "../family" cannot be the name of what is taught (want 1 to 64 of a-z, 0-9, - and _)
f.yaml:4: models.c.max_distance: is for models that know people: name them with people, as ` + "`inceptiond teach new NAME`" + ` has called them, or remove it
f.yaml:5: models.d.publish_embedding: is for models with task: embed (remove it)
f.yaml:6: models.e.max_distance: is 0 (want more than 0, and less than 2: nobody is farther than that from anybody)
f.yaml:6: models.e.people: is for models that give embeddings of faces: say task: embed, or remove it`},
	{"what is taught", `models:
  a: {file: "taught:Gate"}
  b: {file: "taught:", unknown: 1.1}
  c: {file: "taught:gate", labels: gate.txt, background: true, unknown: 0.1}
  d: {file: d.tflite, unknown: 0}
  e: {file: e.tflite, unknown: 0.05}
cameras:
  a: {model: e, collect: {what: unsure}}
  b: {model: c, collect: {what: unsure, name: ../gate}}
  c: {model: c, collect: {what: always}}
  d: {model: c, collect: {what: changes}}
  e: {model: e, collect: {what: changes, name: gate}}
  f: {model: e, collect: changes}
  g: {model: e, normal: {name: Gate}}
  h: {model: e, normal: {loose: true}}
  i: {model: e, normal: gate}
teach: {max_pictures: 0, max_bytes: 1KiB, folders: here}`, `
f.yaml:2: models.a.file: "Gate" cannot be the name of what was taught (want 1 to 64 of a-z, 0-9, - and _)
f.yaml:3: models.b.file: "" cannot be the name of what was taught (want 1 to 64 of a-z, 0-9, - and _)
f.yaml:3: models.b.unknown: 1.1 is out of range (want 0 to 0.99)
f.yaml:4: models.c.background: belongs to other models: a taught one has no such class (remove it)
f.yaml:4: models.c.labels: belongs to other models: a taught one has its classes inside (remove it)
f.yaml:5: models.d.unknown: is for what was taught here, with file: taught:NAME (remove it: other models know no picture that they were taught with)
f.yaml:8: cameras.a.collect.name: is missing: the camera's model was not taught here (write what the pictures are for, as ` + "`inceptiond teach new NAME`" + ` has called it)
f.yaml:9: cameras.b.collect.name: "../gate" cannot be the name of what is taught (want 1 to 64 of a-z, 0-9, - and _)
f.yaml:10: cameras.c.collect.what: "always" is not possible (want off, unsure or changes)
f.yaml:13: cameras.f.collect: want a section of keys and values, not the text "changes"
f.yaml:14: cameras.g.normal.name: "Gate" cannot be the name of what is taught (want 1 to 64 of a-z, 0-9, - and _)
f.yaml:15: cameras.h.normal.name: is missing: loose says how pictures are compared (write the name that ` + "`inceptiond teach normal NAME`" + ` has, or remove loose)
f.yaml:16: cameras.i.normal: want a section of keys and values, not the text "gate"
f.yaml:17: teach.folders: unknown key (did you mean folder?)
f.yaml:17: teach.max_bytes: 1KiB is out of range (want 1MiB to 1024GiB)
f.yaml:17: teach.max_pictures: 0 is out of range (want 1 to 100000)`},
	{"modes of outputs", `gpio:
  outputs:
    a: {line: 1, camera: drive, classes: [dog], length: 2s}
    b: {line: 2, mode: pulse, camera: drive, classes: [dog], length: 0s, rest: -1s, at_most: 721h}
    c: {line: 3, mode: heartbeat, classes: [dog], length: 2s, rest: 2s, at_most: 1m}
    d: {line: 4, mode: beat, length: 2s}
    e: {mode: heartbeat}
    "f g": {line: 5, camera: drive, classes: [dog], debounce: 1s}
    h: {line: 3, mode: heartbeat}
    l: {line: 10, camera: drive, classes: [dog], safe: on, at_most: 1m}
  inputs:
    a: {line: 1}
    i: {line: 8.5, debounce: 2m, active_low: 1}
    j:
    "k/l": {line: 9}
cameras: {drive: {}}`, `
f.yaml:3: gpio.outputs.a.length: is for mode pulse, but mode is follow (remove one of them)
f.yaml:3: gpio.outputs.a.line: gpio.inputs.a has the same (a line has one use)
f.yaml:4: gpio.outputs.b.at_most: 721h0m0s is out of range (want 0s to 720h0m0s)
f.yaml:4: gpio.outputs.b.length: 0s is out of range (want 1ms to 24h0m0s)
f.yaml:4: gpio.outputs.b.rest: -1s is out of range (want 0s to 24h0m0s)
f.yaml:5: gpio.outputs.c.at_most: is for mode follow or pulse, but mode is heartbeat (remove one of them)
f.yaml:5: gpio.outputs.c.classes: is for mode follow or pulse, but mode is heartbeat (remove one of them)
f.yaml:5: gpio.outputs.c.length: is for mode pulse, but mode is heartbeat (remove one of them)
f.yaml:5: gpio.outputs.c.rest: is for mode follow or pulse, but mode is heartbeat (remove one of them)
f.yaml:6: gpio.outputs.d.camera: no camera given (write whose decisions switch it)
f.yaml:6: gpio.outputs.d.classes: no class given (write which ones switch it)
f.yaml:6: gpio.outputs.d.mode: "beat" is not possible (want follow, pulse or heartbeat)
f.yaml:7: gpio.outputs.e.line: no line given (write its name or number: GPIO17)
f.yaml:8: gpio.outputs."f g": "f g" cannot be a name (want 1 to 64 of a-z, A-Z, 0-9, - and _: it becomes part of a topic)
f.yaml:8: gpio.outputs."f g".debounce: unknown key (want line, active_low, safe, mode, camera, classes, length, rest or at_most)
f.yaml:9: gpio.outputs.h.line: gpio.outputs.c has the same (a line has one use)
f.yaml:10: gpio.outputs.l.at_most: cannot stand with safe: on, which is what the output has afterwards (remove one of them)
f.yaml:13: gpio.inputs.i.active_low: want true or false, not the number 1
f.yaml:13: gpio.inputs.i.debounce: 2m0s is out of range (want 0s to 1m0s)
f.yaml:13: gpio.inputs.i.line: want a text or a whole number, not the number 8.5 (put it in quotes)
f.yaml:14: gpio.inputs.j.line: no line given (write its name or number: GPIO17)
f.yaml:15: gpio.inputs."k/l": "k/l" cannot be a name (want 1 to 64 of a-z, A-Z, 0-9, - and _: it becomes part of a topic)`},
	{"governor and metrics", `governor: {limit: 111, power: on, level: 3}
metrics: {listen: localhost, textfile: /run/figures, interval: 2h}`, `
f.yaml:1: governor.level: unknown key (want limit or power)
f.yaml:1: governor.limit: 111 is out of range (want 30 to 110)
f.yaml:1: governor.power: want true or false, not the text "on" (did you mean true?)
f.yaml:2: metrics.interval: 2h0m0s is out of range (want 1s to 1h0m0s)
f.yaml:2: metrics.listen: "localhost" is not host:port (want one such as 127.0.0.1:9273)
f.yaml:2: metrics.textfile: "/run/figures" does not end with .prom (node_exporter reads no others)`},
	{"a mask that is no list", "cameras:\n  a: {mask: left}\n  b: {mask: 3, gate: {mask: {x: 1}}}", `
f.yaml:2: cameras.a.mask: want a list such as [[0, 0, 1, 0, 0.5, 1]], not the text "left"
f.yaml:3: cameras.b.gate.mask: want a list such as [[0, 0, 1, 0, 0.5, 1]], not a section
f.yaml:3: cameras.b.mask: want a list such as [[0, 0, 1, 0, 0.5, 1]], not the number 3`},
	{"the page", `web:
  listen: 8224
  hosts: [https://cams.example.org/pi, "cams.example.org:8443", cams.example.org., "*.example.org", "", 192.168.1.5, "fe80::1", a..b]
  tls: {cert_file: page.pem}
  embed: [homeassistant.local, "http://ha:8123/", "https://me:secret@ha", "http://[fe80::1]:8123", "http://*.local", "ftp://ha", "http://ha:99999", "http://a;b", "http://ha?token=secret"]
  rate: 0
  port: 80`, `
f.yaml:2: web.listen: want a text, not the number 8224 (put it in quotes)
f.yaml:3: web.hosts[0]: "https://cams.example.org/pi" is more than a name (did you mean cams.example.org?)
f.yaml:3: web.hosts[1]: "cams.example.org:8443" is more than a name (did you mean cams.example.org?)
f.yaml:3: web.hosts[2]: "cams.example.org." is more than a name (did you mean cams.example.org?)
f.yaml:3: web.hosts[3]: "*.example.org" is not the name of a host (want one such as cams.example.org)
f.yaml:3: web.hosts[4]: "" is not the name of a host (want one such as cams.example.org)
f.yaml:3: web.hosts[7]: "a..b" is not the name of a host (want one such as cams.example.org)
f.yaml:4: web.tls.key_file: is missing beside cert_file (a certificate needs its key)
f.yaml:5: web.embed[0]: "homeassistant.local" is not the address of a site (want one such as http://homeassistant.local:8123)
f.yaml:5: web.embed[1]: "http://ha:8123/" is more than the address of a site (did you mean http://ha:8123?)
f.yaml:5: web.embed[2]: "https://REDACTED@ha" is more than the address of a site (did you mean https://ha?)
f.yaml:5: web.embed[3]: "http://[fe80::1]:8123" has an IPv6 address, which browsers do not look at here (write a name)
f.yaml:5: web.embed[4]: "http://*.local" has no proper host (want one such as http://homeassistant.local:8123)
f.yaml:5: web.embed[5]: "ftp://ha" is not the address of a site (want one such as http://homeassistant.local:8123)
f.yaml:5: web.embed[6]: "http://ha:99999" is not the address of a site (want one such as http://homeassistant.local:8123)
f.yaml:5: web.embed[7]: "http://a;b" has no proper host (want one such as http://homeassistant.local:8123)
f.yaml:5: web.embed[8]: "http://ha?token=REDACTED" is more than the address of a site (did you mean http://ha?)
f.yaml:6: web.rate: 0 is out of range (want 0.1 to 30)
f.yaml:7: web.port: unknown key (want listen, hosts, tls, embed or rate)`},
	{"the page at no port", `web: {listen: 192.168.1.5, tls: {key_file: key.pem}, rate: 31}`, `
f.yaml:1: web.listen: "192.168.1.5" is not host:port (want one such as 127.0.0.1:8224)
f.yaml:1: web.rate: 31 is out of range (want 0.1 to 30)
f.yaml:1: web.tls.cert_file: is missing beside key_file (a key needs its certificate)`},
	{"metrics of an impossible port", `metrics: {listen: "[::]:99999"}`, `f.yaml:1: metrics.listen: "[::]:99999" is not host:port (want one such as 127.0.0.1:9273)`},
	{"decisions", `cameras:
  a: {source: v4l2, decision: {enter: 1.5, leave: 0.6, margin: -1, need: 3, window: 5, dwell: -1s, others: drop}}
  b: {source: rtsp, rtsp: {url: rtsp://a/}, decision: {enter: 0.4, leave: 0.5, need: 4, ignore: [""], groups: {dog: []}}}
  c: {source: view, view: {of: a}, decision: {need: 2, window: 2, classes: {dog: {enter: 0.2, leave: 0.3, need: 1}}, groups: {" ": [x]}}}`, `
f.yaml:2: cameras.a.decision.dwell: -1s is out of range (want 0s to 24h0m0s)
f.yaml:2: cameras.a.decision.enter: 1.5 is out of range (want 0 to 1)
f.yaml:2: cameras.a.decision.margin: -1 is out of range (want 0 to 1)
f.yaml:2: cameras.a.decision.need: 3 of 5 is not possible (want 4 to 5: with fewer, two classes could change places for ever)
f.yaml:2: cameras.a.decision.others: "drop" is not possible (want keep or ignore)
f.yaml:3: cameras.b.decision.groups.dog: is empty (write which classes belong to it, or remove it)
f.yaml:3: cameras.b.decision.ignore[0]: "" cannot be the name of a class (want 1 to 255 bytes of printable text)
f.yaml:3: cameras.b.decision.leave: 0.5 is above enter, 0.4 (want at most that: what is decided stays longer than it takes to decide it)
f.yaml:3: cameras.b.decision.need: 4 of how many? (write window beside need, or neither of them)
f.yaml:4: cameras.c.decision.classes.dog.leave: 0.3 is above enter, 0.2 (want at most that)
f.yaml:4: cameras.c.decision.classes.dog.need: 1 of 2 is not possible (want 2: with fewer, two classes could change places for ever)
f.yaml:4: cameras.c.decision.groups." ": " " cannot be the name of a class (want 1 to 255 bytes of printable text)`},
	{"frames that are used", `gpio: {inputs: {pir: {line: 17}}}
cameras:
  a: {source: files, files: {paths: [.]}, hours: ["08:00 to 18:00"], gate: {}}
  b: {source: v4l2, mask: [[0, 0, 1, 1], [0, 0, 1, 0, 1]], hours: [sunset to sunrise], without_clock: ajar}
  c: {source: view, view: {of: b}, mask: [[0, 0, 1, 0, 1, 2]], gate: {triggers: [pit, door], area: 0.9, threshold: 0, learn: 0s, mask: [[0, 0]]}}
  d: {source: rpicam, mask: [0, 0, 1, 0, 1, 1], snapshot: {picture: square, width: 1, quality: 101, retain: true, keep: {max_files: 0}}}`, `
f.yaml:3: cameras.a.gate: cannot stand with files, of which every picture is classified (remove it)
f.yaml:3: cameras.a.hours: cannot stand with files, of which every picture is classified (remove it)
f.yaml:4: cameras.b.hours: sunrise and sunset depend on where the machine is (add location: {latitude: 52.52, longitude: 13.405} with yours)
f.yaml:4: cameras.b.mask[0]: has 4 numbers (want 3 points or more: x1, y1, x2, y2, x3, y3)
f.yaml:4: cameras.b.mask[1]: has 5 numbers (want pairs: x1, y1, x2, y2, …)
f.yaml:4: cameras.b.without_clock: "ajar" is not possible (want open or closed)
f.yaml:5: cameras.c.gate.learn: 0s is out of range (want 1s to 24h0m0s)
f.yaml:5: cameras.c.gate.light: 0.6 is below area, 0.9 (want more: a change of light is larger than motion)
f.yaml:5: cameras.c.gate.mask[0]: has 2 numbers (want 3 points or more: x1, y1, x2, y2, x3, y3)
f.yaml:5: cameras.c.gate.threshold: 0 is out of range (want 1 to 255)
f.yaml:5: cameras.c.gate.triggers[0]: there is no input "pit" (did you mean pir?)
f.yaml:5: cameras.c.gate.triggers[1]: there is no input "door" (want pir)
f.yaml:5: cameras.c.mask: belongs to the camera, for all of its views (set it in cameras.b, or remove it)
f.yaml:5: cameras.c.mask[0]: 2 is out of range (want 0 to 1: fractions of the upright frame)
f.yaml:6: cameras.d.mask: want a list of lists such as [[0, 0, 1, 0, 0.5, 1]], not one list (put the numbers of each in brackets of their own)
f.yaml:6: cameras.d.snapshot.keep.max_files: 0 is out of range (want 1 to 1000000)
f.yaml:6: cameras.d.snapshot.picture: "square" is not possible (want frame or region)
f.yaml:6: cameras.d.snapshot.quality: 101 is out of range (want 1 to 100)
f.yaml:6: cameras.d.snapshot.retain: is about MQTT, which mqtt: false does not use (set mqtt: true, or remove it)
f.yaml:6: cameras.d.snapshot.width: 1 is out of range (want 16 to 8192)`},
	{"pins and figures", `mqtt: {broker: off, report: 1ms, commands: [pause, reload], homeassistant: {enabled: true, prefix: "a/#", status_topic: ""}}
location: {latitude: 91}
governor: {limit: 8}
gpio:
  inputs: {pir: {line: 17, pull: sideways}, door: {line: "17"}}
  outputs:
    lamp: {camera: drvie, classes: [dog], line: GPIO27, safe: maybe}
    bell: {line: 5, mode: ring}
    alive: {line: 6, mode: heartbeat, camera: drive}
metrics: {listen: "9273", textfile: figures.txt, interval: 1ms}
cameras: {drive: {}}`, `
f.yaml:1: mqtt.commands[1]: "reload" is not possible (want pause, enter, classify, trigger, snapshot, teach or train)
f.yaml:1: mqtt.homeassistant.enabled: needs a broker, but mqtt.broker is off
f.yaml:1: mqtt.homeassistant.prefix: "a/#" holds a wildcard (remove + and #)
f.yaml:1: mqtt.homeassistant.status_topic: is empty (want homeassistant, or what Home Assistant has)
f.yaml:1: mqtt.report: 1ms is too often (want 1s or more, or 0s for none)
f.yaml:2: location.latitude: 91 is out of range (want -90 to 90)
f.yaml:2: location.longitude: is missing (a location has both, in degrees: {latitude: 52.52, longitude: 13.405})
f.yaml:3: governor.limit: 8 is out of range (want 30 to 110)
f.yaml:5: gpio.inputs.pir.line: gpio.inputs.door has the same (a line has one use)
f.yaml:5: gpio.inputs.pir.pull: "sideways" is not possible (want none, up, down or keep)
f.yaml:7: gpio.outputs.lamp.camera: there is no camera "drvie" (did you mean drive?)
f.yaml:7: gpio.outputs.lamp.safe: "maybe" is not possible (want off or on)
f.yaml:8: gpio.outputs.bell.camera: no camera given (write whose decisions switch it)
f.yaml:8: gpio.outputs.bell.classes: no class given (write which ones switch it)
f.yaml:8: gpio.outputs.bell.mode: "ring" is not possible (want follow, pulse or heartbeat)
f.yaml:9: gpio.outputs.alive.camera: is for mode follow or pulse, but mode is heartbeat (remove one of them)
f.yaml:10: metrics.interval: 1ms is out of range (want 1s to 1h0m0s)
f.yaml:10: metrics.listen: "9273" is not host:port (want one such as 127.0.0.1:9273)
f.yaml:10: metrics.textfile: "figures.txt" does not end with .prom (node_exporter reads no others)`},
}
