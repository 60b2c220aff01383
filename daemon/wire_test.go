package main_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestWire records what the program says on the wire in whole sessions, and compares it byte by byte with what it said
// before: go test ./daemon -run TestWire -update writes the golden files anew. The program is a black box here: a child
// process, its config file, its signals, and a subscriber.
func TestWire(t *testing.T) {
	for name, session := range map[string]func(*testing.T){
		"Folder":      folder,
		"FolderText":  folderText,
		"MaxRate":     maxRate,
		"Cameras":     cameras,
		"Subscriber":  lateSubscriber,
		"Reload":      reload,
		"ReloadRate":  reloadRate,
		"ReloadMoved": reloadMoved,
		"Webcam":      webcamLost,
		"Outage":      outage,
		"Commands":    commands,
		"Normal":      normal,
		"View":        folderView,
		"ReloadView":  reloadView,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			session(t)
		})
	}
}

// shots is a folder with pictures that change the top class, one in which nothing is found, and one that is broken.
func shots(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	drawPNG(t, dir, "shots/1.png=disc", "shots/2.png=disc2", "shots/3.png=square", "shots/4.png=nothing",
		"shots/5.png", "shots/6.png=stripes", "shots/10.png=stripes2")
	return dir
}

// ofShots is the config for the folder shots. The interval gives the client the time to connect before the end.
const ofShots = `
device: wire
mqtt: {broker: 'mqtt://%s', prefix: wire, qos: %d, max_rate: %v}
web: {listen: ''}
models: {demo: {threads: 1}}
cameras:
  shots:
    source: files
    files: {paths: [shots], interval: 200ms}
    threshold: 0.3
`

// runFolder runs the program on the folder shots, from the start to its end by itself.
func runFolder(t *testing.T, name, output string, qos int, maxRate float64) *program {
	t.Helper()
	address := freeAddress(t)
	startBroker(t, address)
	r, dir := record(t, address), shots(t)
	writeConfig(t, dir, fmt.Sprintf(ofShots, address, qos, maxRate))
	p := startProgram(t, dir, "run", "-c", configName, "--output", output)
	p.await(t, 0)
	r.await(t, "wire/status", "offline", 1)
	session{live: r.all(), kept: late(t, address)}.check(t, name)
	return p
}

// folder has an end: all that is said of a folder of pictures, from the first message to the last.
func folder(t *testing.T) {
	p := runFolder(t, "folder", "json", 1, 0)
	golden{sections: map[string][]string{"standard output": printed(t, p.out.String())}}.check(t, "folder-json")
}

func folderText(t *testing.T) {
	p := runFolder(t, "folder-qos2", "text", 2, 0)
	text := regexp.MustCompile(`127\.0\.0\.1:\d+`).ReplaceAllString(p.out.String(), "BROKER")
	text = regexp.MustCompile(`-p \d+ `).ReplaceAllString(text, "-p PORT ")
	golden{sections: map[string][]string{"standard output": shown(text)}}.check(t, "folder-text")
}

// maxRate leaves out results, and never states or events.
func maxRate(t *testing.T) {
	runFolder(t, "folder-max-rate", "none", 0, 0.01)
}

// ofCameras has cameras of many kinds. A drawn scene comes once an hour: there is one result.
const ofCameras = `
device: wire-cameras
mqtt: {broker: 'mqtt://%s', qos: 0, spool: {path: off}}
models:
  demo: {threads: 1}
  bare: {file: builtin:demo, labels: "", threads: 1}
cameras:
  all:     {demo: {width: 96, height: 64, seed: 7, interval: 1h}, top_k: 12, threshold: 0}
  bare:    {demo: {width: 96, height: 64, seed: 7, interval: 1h}, model: bare}
  turned:  {demo: {width: 96, height: 64, seed: 7, interval: 1h}, rotate: 90, flip: horizontal, fit: crop, top_k: 12, threshold: 0}
  nothing: {demo: {width: 96, height: 64, seed: 7, interval: 1h}, threshold: 1}
  boxed:   {demo: {width: 160, height: 64, seed: 8, interval: 1h}, fit: letterbox, top_k: 12, threshold: 0}
  part:
    source: files
    files: {paths: [left.png]}
    region: {x: 0.2, y: 0.45, width: 0.3, height: 0.5}
    top_k: 12
    threshold: 0
  loop:
    source: files
    files: {paths: [loop], loop: true, interval: 50ms}
    top_k: 1
  still:
    source: http
    http: {url: 'http://%s/still?key=secret', interval: 1h}
    fast_decode: true
    top_k: 12
    threshold: 0
  gone: {source: v4l2, v4l2: {device: /nowhere/video7}}
`

// cameras of many kinds run side by side until Ctrl-C.
func cameras(t *testing.T) {
	address, dir := freeAddress(t), t.TempDir()
	startBroker(t, address)
	drawPNG(t, dir, "left.png=leftdisc", "loop/a.png=disc", "loop/b.png=disc")
	w := startWebcam(t, jpegPicture(t, "square"))
	r := record(t, address)
	camera := w.address()
	writeConfig(t, dir, fmt.Sprintf(ofCameras, address, camera))
	p := startProgram(t, dir, "run", "-c", configName, "--output", "none")
	const prefix = "inceptiond/wire-cameras/"
	for _, name := range []string{"all", "bare", "turned", "nothing", "boxed", "part", "still"} {
		r.await(t, prefix+name+"/result", "", 1)
		r.await(t, prefix+name+"/event", `"label"`, 1)
		r.await(t, prefix+name+"/state", "", 1)
	}
	r.await(t, prefix+"part/status", `"ended"`, 1)
	r.await(t, prefix+"part/event", `"ended"`, 1)
	r.await(t, prefix+"gone/event", `"lost"`, 1)
	r.await(t, prefix+"loop/result", "", 5)
	p.interrupt(t)
	r.await(t, prefix+"status", "offline", 1)
	session{
		live: r.all(), kept: late(t, address), replaced: map[string]string{camera: "CAMERA"},
		first: map[string]int{prefix + "loop/result": 5},
	}.check(t, "cameras")
}

// lateSubscriber comes to the embedded broker when all has been said.
func lateSubscriber(t *testing.T) {
	address, dir := freeAddress(t), t.TempDir()
	writeConfig(t, dir, `
device: wire-late
mqtt: {listen: '`+address+`'}
models: {demo: {threads: 1}}
cameras:
  scene: {demo: {width: 64, height: 64, seed: 3, interval: 1h}}
  gone: {source: v4l2, v4l2: {device: /nowhere/video7}}
`)
	p := startProgram(t, dir, "run", "-c", configName, "--output", "none")
	var kept []message
	eventually(t, "a state and a lost camera", func() bool {
		kept = late(t, address)
		has := func(topic, text string) bool {
			return slices.ContainsFunc(kept, func(m message) bool {
				return m.topic == "inceptiond/wire-late/"+topic && strings.Contains(m.payload, text)
			})
		}
		return has("scene/state", "") && has("scene/status", "online") && has("gone/status", "lost") && has("config", "")
	})
	session{kept: kept}.check(t, "late-subscriber")
	p.interrupt(t)
}

// ofReload is a config of scenes that come once an hour, with more cameras below.
const ofReload = `
device: wire-reload
mqtt: {broker: 'mqtt://%s'%s}
models: {demo: {threads: 1}}
cameras:
  stays: {demo: {width: 64, height: 64, seed: 3, interval: 1h}}
`

// startReload runs the program on ofReload with more cameras, and waits for what its camera has to say.
func startReload(t *testing.T, more string) (r *recorder, p *program, address string) {
	t.Helper()
	address = freeAddress(t)
	startBroker(t, address)
	r = record(t, address)
	dir := t.TempDir()
	writeConfig(t, dir, fmt.Sprintf(ofReload, address, "")+more)
	p = startProgram(t, dir, "run", "-c", configName, "--output", "none")
	awaitScene(t, r, "inceptiond/wire-reload/stays", 1)
	r.await(t, "inceptiond/wire-reload/config", `"applied"`, 1)
	return r, p, address
}

// awaitScene waits until a camera has said for the nth time all that it says of a scene.
func awaitScene(t *testing.T, r *recorder, camera string, n int) {
	t.Helper()
	r.await(t, camera+"/result", "", n)
	r.await(t, camera+"/event", `"label"`, n)
	r.await(t, camera+"/status", `"online"`, n)
	r.await(t, camera+"/state", "", 1)
}

// endReload ends the session: nothing that is still on its way may be missed.
func endReload(t *testing.T, r *recorder, p *program, prefix, address, name string, restarts int) {
	t.Helper()
	p.interrupt(t)
	r.await(t, prefix+"/status", "offline", 1)
	session{live: r.all(), kept: late(t, address), restarts: restarts}.check(t, name)
}

// reload refuses a file, and takes one that changes cameras.
func reload(t *testing.T) {
	const prefix = "inceptiond/wire-reload"
	const before = "  changes: {demo: {width: 64, height: 64, seed: 5, interval: 1h}}\n  goes: {demo: {width: 64, height: 64, seed: 6, interval: 1h}}\n"
	r, p, address := startReload(t, before)
	awaitScene(t, r, prefix+"/changes", 1)
	awaitScene(t, r, prefix+"/goes", 1)

	p.reload(t, fmt.Sprintf(ofReload, address, ", qos: 3")+"  bad: {demo: {width: 1}, top_kk: 2}\n")
	r.await(t, prefix+"/config", `"refused"`, 1)
	p.reload(t, fmt.Sprintf(ofReload, address, "")+"  other: {model: none}\n  bad: {top_k: 0}\n")
	r.await(t, prefix+"/config", `"refused"`, 2)
	p.reload(t, strings.Replace(fmt.Sprintf(ofReload, address, ""), "models: {", "models: {gone: {file: gone.tflite}, ", 1)+"  other: {model: gone}\n")
	r.await(t, prefix+"/config", `"refused"`, 3)

	p.reload(t, fmt.Sprintf(ofReload, address, "")+
		"  changes: {demo: {width: 64, height: 64, seed: 5, interval: 1h}, top_k: 1}\n  comes: {demo: {width: 64, height: 64, seed: 9, interval: 1h}}\n")
	r.await(t, prefix+"/config", `"applied"`, 2)
	awaitScene(t, r, prefix+"/comes", 1)
	awaitScene(t, r, prefix+"/changes", 2)
	endReload(t, r, p, prefix, address, "reload", 0)
}

// reloadRate changes mqtt.max_rate only, which means another client.
func reloadRate(t *testing.T) {
	const prefix = "inceptiond/wire-reload"
	r, p, address := startReload(t, "")
	p.reload(t, fmt.Sprintf(ofReload, address, ", max_rate: 5"))
	r.await(t, prefix+"/config", `"applied"`, 2)
	r.await(t, prefix+"/status", "online", 2)
	r.await(t, prefix+"/stays/engine", "", 2)
	r.await(t, prefix+"/stays/state", "", 2)
	p.interrupt(t)
	r.await(t, prefix+"/status", "offline", 2)
	session{live: r.all(), kept: late(t, address), restarts: 1}.check(t, "reload-rate")
}

// reloadMoved changes mqtt.prefix: under the new one is all that is retained, at once.
func reloadMoved(t *testing.T) {
	r, p, address := startReload(t, "")
	p.reload(t, fmt.Sprintf(ofReload, address, ", prefix: moved"))
	r.await(t, "moved/config", `"applied"`, 1)
	r.await(t, "moved/stays/status", `"online"`, 1)
	r.await(t, "moved/stays/engine", "", 1)
	r.await(t, "moved/stays/state", "", 1)
	endReload(t, r, p, "moved", address, "reload-moved", 1)
}

// startStream runs the program on a network camera that shows what the test wants.
func startStream(t *testing.T, broker string) (w *webcam, p *program) {
	t.Helper()
	w = startWebcam(t, nil)
	dir := t.TempDir()
	writeConfig(t, dir, `
device: wire
mqtt: {broker: 'mqtt://`+broker+`', prefix: wire, qos: 1}
models: {demo: {threads: 1}}
cameras:
  gate: {source: http, threshold: 0.3, http: {url: 'http://`+w.address()+`/stream', timeout: 5m}}
`)
	return w, startProgram(t, dir, "run", "-c", configName, "--output", "json")
}

// webcamLost loses its camera in four ways: the stream ends, the camera refuses, it sends rubbish only, the daemon stops.
func webcamLost(t *testing.T) {
	address := freeAddress(t)
	startBroker(t, address)
	r := record(t, address)
	w, p := startStream(t, address)
	r.await(t, "wire/gate/status", `"connecting"`, 1)
	disc, square := jpegPicture(t, "disc"), jpegPicture(t, "square")
	rubbish, cut := []byte("not a picture"), disc[:len(disc)/2]
	n := 0
	show := func(parts ...[]byte) { // the last of which is good
		n++
		w.show(t, parts...)
		r.await(t, "wire/gate/result", "", n)
	}
	show(disc)
	show(disc)
	show(rubbish, rubbish, disc)
	show(square)
	show(cut, square)
	w.refuses.Store(true)
	w.show(t, nil)
	r.await(t, "wire/gate/status", "status 503", 1)
	w.refuses.Store(false)
	show(disc)
	r.await(t, "wire/gate/status", `"online"`, 2)
	w.showUntil(t, rubbish, func() bool { return r.count("wire/gate/status", "no good frame") > 0 })
	show(disc)
	r.await(t, "wire/gate/status", `"online"`, 3)
	r.await(t, "wire/gate/event", `"lost"`, 4) // twice to lost, and from there to online
	p.interrupt(t)
	r.await(t, "wire/status", "offline", 1)
	session{live: r.all(), kept: late(t, address), stepped: true, replaced: map[string]string{w.address(): "CAMERA"}}.check(t, "webcam")
}

// outage has the broker killed while it has not acknowledged what it got, and results and events wait: what comes again.
func outage(t *testing.T) {
	address := freeAddress(t)
	broker := startBroker(t, address)
	network := startLink(t, address)
	r := record(t, address)
	w, p := startStream(t, network.address)
	disc, square, stripes := jpegPicture(t, "disc"), jpegPicture(t, "square"), jpegPicture(t, "stripes")
	r.await(t, "wire/gate/status", `"connecting"`, 1)
	w.show(t, disc)
	awaitScene(t, r, "wire/gate", 1)
	eventually(t, "acknowledgements of all messages", func() bool { return network.acknowledged() == len(r.all()) })

	network.hold()
	w.show(t, disc)
	r.await(t, "wire/gate/result", "", 2)
	w.show(t, square)
	r.await(t, "wire/gate/result", "", 3)
	r.await(t, "wire/gate/event", `"label"`, 2)
	network.cut()
	r.await(t, "wire/status", "offline", 1)
	broker.kill(t)

	for i, part := range [][]byte{square, stripes, stripes} { // when a result is printed, all of the one before waits
		w.show(t, part)
		eventually(t, "a result", func() bool { return strings.Count(p.out.String(), `"predictions":`) == 4+i })
	}
	startBroker(t, address)
	r.connect(t, address)
	network.mend()
	r.await(t, "wire/gate/result", "", 8) // the second and third once more, and three new ones
	r.await(t, "wire/gate/event", `"label"`, 4)
	r.await(t, "wire/spool", `"waiting":0`, 1)
	p.interrupt(t)
	r.await(t, "wire/status", "offline", 2)
	checkGreeting(t, r.all())
	session{live: r.all(), kept: late(t, address), stepped: true}.check(t, "outage")
}

// checkGreeting checks in which order the last connection began: as docs/messages.md has it.
func checkGreeting(t *testing.T, messages []message) {
	t.Helper()
	want := []string{"wire/status", "wire/config", "wire/spool", "wire/gate/status", "wire/gate/engine", "wire/gate/settings", "wire/gate/gate", "wire/gate/state"}
	var got []string
	for _, m := range messages {
		if m.payload == "online" {
			got = nil
		}
		got = append(got, m.topic)
	}
	if got = got[:min(len(got), len(want))]; !slices.Equal(got, want) {
		t.Errorf("the connection begins with %v, want %v", got, want)
	}
}
