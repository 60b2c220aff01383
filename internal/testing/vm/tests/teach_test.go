package tests

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// teachConfig is a camera with a network that can be taught.
const teachConfig = `mqtt: {broker: "mqtt://127.0.0.1", commands: [train]}
models: {net: {file: /mnt/mobilenet_v1_0.25_128_quant.tflite}}
cameras: {scenes: {model: net, demo: {interval: 1s}, max_rate: 1, collect: {what: "off", name: shapes}}}
`

// TestServiceTeaches teaches the installed service: by root's commands, whose files are the service's, and by itself, at a low
// priority; what was taught runs after a reload.
func TestServiceTeaches(t *testing.T) {
	broker(t)
	mqtt := subscribe(t)
	s := install(t, teachConfig)
	s.start()
	awaitResult(t, mqtt, 0, "scenes")
	sh(t, "inceptiond teach new shapes")
	for _, class := range []string{"one", "other"} { // of pictures that are drawn anew each time
		sh(t, "inceptiond teach add shapes %s --camera scenes --every 1s --count 3", class)
	}
	said := sh(t, "inceptiond teach train shapes -k 0")
	if !strings.Contains(said, "in use") {
		t.Errorf("root's training says %q", said)
	}
	if strangers := sh(t, "find /var/lib/inceptiond/teach ! -user inceptiond"); strangers != "" {
		t.Errorf("not the service's:\n%s", strangers)
	}
	if open := sh(t, "find /var/lib/inceptiond/teach -type f -perm /077"); open != "" {
		t.Errorf("others may read:\n%s", open)
	}
	trainsItself(t, s)
	mark := mqtt.end()
	s.config(strings.Replace(strings.Replace(teachConfig, "models: {net: {file: /mnt/mobilenet_v1_0.25_128_quant.tflite}}", "models: {net: {file: taught:shapes}}", 1), `collect: {what: "off", name: shapes}`, "top_k: 2", 1))
	sh(t, "systemctl reload inceptiond")
	mqtt.await(t, mark, "a class that was taught", func(text string) bool {
		var r result
		return message(text, "scenes/result", &r) && (strings.Contains(text, `"label":"one"`) || strings.Contains(text, `"label":"other"`))
	})
}

// trainsItself has the service train, and looks at the niceness of the child.
func trainsItself(t *testing.T, s service) {
	t.Helper()
	b := newBrowser(t)
	b.signIn(http.StatusNoContent)
	before := lesson(b)
	b.ask("POST", "api/v1/teach/shapes/train", `{"variants":1}`, http.StatusOK)
	nice := ""
	for deadline := time.Now().Add(patience); time.Now().Before(deadline) && lesson(b).Training.State == "running"; {
		if now := strings.TrimSpace(sh(t, "ps -eo ni,args | grep '[s]erve-training' | awk '{print $1}' || true")); now != "" {
			nice = now
		}
	}
	is := lesson(b)
	if is.Training.State != "done" || is.Newest.ID == before.Current.ID {
		t.Fatalf("%+v\n%s", is, s.journal())
	}
	if nice != "10" {
		t.Errorf("the training has the niceness %q, want 10", nice)
	}
	b.ask("POST", "api/v1/teach/shapes/use", `{"force":true}`, http.StatusOK)
	if current := sh(t, "readlink /var/lib/inceptiond/teach/shapes/current"); filepath.Base(strings.TrimSpace(current)) != is.Newest.ID {
		t.Errorf("%s is in use, want %s", current, is.Newest.ID)
	}
}

// taughtLesson is what the page has of a name.
type taughtLesson struct {
	Training        struct{ State string }
	Current, Newest struct{ ID string }
}

func lesson(b *browser) (l taughtLesson) {
	b.read("api/v1/teach/shapes", &l)
	return l
}
