package config

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

func TestURL(t *testing.T) {
	for _, tt := range []struct{ url, want string }{
		{"", ""},
		{"embedded", "embedded"},
		{"http://camera.local:8080/a%20b/c.mjpg", "http://camera.local:8080/a%20b/c.mjpg"},
		{"http://camera.local/a@b", "http://camera.local/a@b"},
		{"http://me:secret@camera.local/", "http://REDACTED@camera.local/"},
		{"http://secret@camera.local/", "http://REDACTED@camera.local/"},
		{"http://camera.local/?a=secret&b=secret&a=secret", "http://camera.local/?a=REDACTED&b=REDACTED&a=REDACTED"},
		{"http://camera.local/?a=secret;b=secret", "http://camera.local/?a=REDACTED"},
		{"http://camera.local/?secret", "http://camera.local/?REDACTED"},
		{"http://camera.local/#secret", "http://camera.local/#REDACTED"},
		{"http://me:se/cret@camera.local/", "http://REDACTED@camera.local/"},
		{"http://camera.local:secret", "http://camera.local:REDACTED"},
		{"http://me:sec?ret", "http://me:REDACTED?REDACTED"},
		{"http://me:sec#ret@camera.local:80/a", "http://REDACTED@camera.local:80/a"},
		{"mqtt://bro ker.local:1883", "mqtt://bro ker.local:1883"},
		{"mqtt://fe80::1:1883/?a=secret", "mqtt://fe80::1:1883/?a=REDACTED"},
		{"mqtt://broker.local:18a3/", "mqtt://broker.local:REDACTED/"},
		{"http://me:%secret@camera.local/", "http://REDACTED@camera.local/"},
		{"me:secret@camera.local", "REDACTED@camera.local"},
		{"me@secret://camera.local", "REDACTED"},
		{"/path?key=secret", "/path?key=REDACTED"},
	} {
		if got := URL(tt.url).String(); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.url, got, tt.want)
		}
	}
}

func TestNothingPrintsSecrets(t *testing.T) {
	c := Default()
	c.MQTT.Broker = BrokersAt("wss://me:secret@broker.local/?token=secret")
	front := c.Cameras["demo"]
	front.HTTP = withDefaults(&HTTP{})
	front.HTTP.URL = "http://me:secret@camera.local/?token=secret#secret"
	c.Cameras["front"] = front
	values := []any{c, &c, c.MQTT, &c.MQTT, c.MQTT.Broker, &c.MQTT.Broker, front, *front.HTTP, front.HTTP, c.Cameras, []URL{front.HTTP.URL}}
	for _, v := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%20.5s", "%T"} {
			if got := fmt.Sprintf(verb, v); strings.Contains(got, "secret") || strings.Contains(got, fmt.Sprintf("%x", "secret")) {
				t.Errorf("%s of a %T: %s", verb, v, got)
			}
		}
		if got, err := json.Marshal(v); err != nil || strings.Contains(string(got), "secret") {
			t.Errorf("JSON of a %T: %s (%v)", v, got, err)
		}
	}
	for _, want := range []string{"broker: wss://REDACTED@broker.local/?token=REDACTED\n", "url: http://REDACTED@camera.local/?token=REDACTED#REDACTED\n"} {
		if !strings.Contains(c.String(), want) {
			t.Errorf("no %q in\n%v", want, c)
		}
	}
}

// What YAML writes is the same config again.
func TestYAMLRoundTrip(t *testing.T) {
	texts := []string{"{}", "cameras: {a: {source: files, files: {paths: ['*.jpg', \"- #\\t\u00e9\"], interval: 1500ms}}}\n" +
		"models: {m: {file: 'a: b', mean: [0.1, 1e-7, 3], std: [58.395, 57.12, 57.375], memory_limit: 1048577}}\n" +
		"device: '007'\nmqtt: {client_id: 'true', username: '~', keep_alive: 90m}\n"}
	for _, text := range texts {
		c, err := Parse("f", []byte(text))
		if err != nil {
			t.Error(err)
			continue
		}
		again, err := Parse("again", c.YAML())
		if err != nil {
			t.Errorf("%v in\n%s", err, c.YAML())
		} else if !reflect.DeepEqual(c, again) {
			t.Errorf("got\n%v\nwant\n%v", again, c)
		}
	}
}

func TestSize(t *testing.T) {
	for _, tt := range []struct {
		text string
		size Size
		back string
	}{
		{"0", 0, "0"}, {"1", 1, "1"}, {"1023", 1023, "1023"}, {"1024", 1 << 10, "1KiB"}, {"1KiB", 1 << 10, "1KiB"},
		{"1536KiB", 1536 << 10, "1536KiB"}, {"2 MiB", 2 << 20, "2MiB"}, {"3GiB", 3 << 30, "3GiB"}, {"-1MiB", -1 << 20, "-1MiB"},
	} {
		got, ok := parseSize(tt.text)
		if !ok || got != tt.size || got.String() != tt.back {
			t.Errorf("%q: got %d, %v, %v; want %d, %s", tt.text, int64(got), got, ok, int64(tt.size), tt.back)
		}
	}
	for _, text := range []string{"", "MiB", "1MB", "1.5MiB", "x", "9223372036854775807GiB", "-9223372036854775808KiB", "1_0", "0x10"} {
		if got, ok := parseSize(text); ok {
			t.Errorf("%q: got %v, want none", text, got)
		}
	}
}

func TestSuggest(t *testing.T) {
	words := []string{"demo", "v4l2", "rpicam", "http", "files", "threshold", "top_k"}
	for word, want := range map[string]string{
		"demo": "demo", "dmeo": "demo", "DEMO": "demo", "v4l": "v4l2", "file": "files", "https": "http", "topk": "top_k",
		"treshhold": "threshold", "x": "", "": "", "webcam": "", strings.Repeat("demo", 100): "",
	} {
		if got := suggest(word, words); got != want {
			t.Errorf("%q: got %q, want %q", word, got, want)
		}
	}
}
