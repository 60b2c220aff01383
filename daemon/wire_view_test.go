package main_test

import (
	"fmt"
	"strings"
	"testing"
)

// ofViews is the config for the folder shots with two views, of other models: of a part, and of what is beyond doubt.
const ofViews = `
device: wire-view
mqtt: {broker: 'mqtt://%s', prefix: wire, qos: 1}
models:
  demo: {threads: 1}
  bare: {file: builtin:demo, labels: "", threads: 1}
cameras:
  shots:
    source: files
    files: {paths: [shots], interval: 200ms}
    rotate: 90
    threshold: 0.3
  part:
    source: view
    view: {of: shots}
    model: bare
    region: {x: 0.25, y: 0.25, width: 0.5, height: 0.5}
    top_k: 1
  sure: {source: view, view: {of: shots}, threshold: 0.9}
`

// folderView is all that is said of a folder of pictures with views, to its end by itself.
func folderView(t *testing.T) {
	address := freeAddress(t)
	startBroker(t, address)
	r, dir := record(t, address), shots(t)
	writeConfig(t, dir, fmt.Sprintf(ofViews, address))
	p := startProgram(t, dir, "run", "-c", configName, "--output", "none")
	p.await(t, 0)
	r.await(t, "wire/status", "offline", 1)
	session{live: r.all(), kept: late(t, address)}.check(t, "view")
}

// reloadView gives a camera that goes on a view, changes and removes it, refuses bad ones, and then changes the camera.
func reloadView(t *testing.T) {
	const prefix = "inceptiond/wire-reload"
	address := freeAddress(t)
	startBroker(t, address)
	r, w, dir := record(t, address), startWebcam(t, nil), t.TempDir()
	config := func(camera, more string) string {
		return fmt.Sprintf("device: wire-reload\nmqtt: {broker: 'mqtt://%s', qos: 1}\nmodels: {demo: {threads: 1}}\ncameras:\n"+
			"  gate: {source: http, http: {url: 'http://%s/stream', timeout: 5m}, threshold: 0.3%s}\n%s", address, w.address(), camera, more)
	}
	const door = "  door: {source: view, view: {of: gate}, threshold: 0.3, %s}\n"
	first, second := fmt.Sprintf(door, "top_k: 1"), fmt.Sprintf(door, "top_k: 2")
	disc, square := jpegPicture(t, "disc"), jpegPicture(t, "square")
	gate, doors := 0, 0
	show := func(part []byte, view int) {
		t.Helper()
		gate, doors = gate+1, doors+view
		w.show(t, part)
		r.await(t, prefix+"/gate/result", "", gate)
		r.await(t, prefix+"/door/result", "", doors)
	}
	changed := func(camera, state string, n int) { // events tell, which are all sent; of statuses only the newest need be
		t.Helper()
		r.await(t, prefix+"/"+camera+"/event", `"value":"`+state+`"`, n)
	}
	applied := 0
	change := func(p *program, text string) {
		t.Helper()
		applied++
		p.reload(t, text)
		r.await(t, prefix+"/config", `"applied"`, applied+1)
	}

	writeConfig(t, dir, config("", ""))
	p := startProgram(t, dir, "run", "-c", configName, "--output", "none")
	changed("gate", "connecting", 1)
	show(disc, 0)
	change(p, config("", first))
	changed("door", "connecting", 1)
	show(disc, 1)
	changed("door", "online", 1)
	change(p, config("", second))
	changed("door", "connecting", 2)
	show(square, 1)
	changed("door", "online", 2)

	p.reload(t, config("", strings.Replace(second, "of: gate", "of: none", 1)))
	r.await(t, prefix+"/config", `"refused"`, 1)
	p.reload(t, config("", second+"  more: {source: view, view: {of: door}}\n"))
	r.await(t, prefix+"/config", `"refused"`, 2)
	show(square, 1)

	change(p, config("", ""))
	changed("door", "stopped", 2)
	show(disc, 0)
	change(p, config("", second))
	changed("door", "connecting", 3)
	show(disc, 1)
	if w.opened.Load() != 1 {
		t.Errorf("the camera was opened %d times", w.opened.Load())
	}
	change(p, config(", rotate: 180", second))
	eventually(t, "the end of the first stream", func() bool { return w.ended.Load() == 1 })
	changed("gate", "connecting", 2)
	changed("door", "connecting", 4)
	show(square, 1)
	changed("door", "online", 4)
	changed("gate", "online", 2)
	p.interrupt(t)
	r.await(t, prefix+"/status", "offline", 1)
	session{live: r.all(), kept: late(t, address), replaced: map[string]string{w.address(): "CAMERA"}}.check(t, "reload-view")
}
