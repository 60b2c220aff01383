package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// plant puts a text of its own into each text of v, and tells them by their keys.
func plant(v reflect.Value, key string, planted map[string]string) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			plant(v.Elem(), key, planted)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("yaml"), ",")
			plant(v.Field(i), key+"."+name, planted)
		}
	case reflect.Slice:
		for i := range v.Len() {
			plant(v.Index(i), key+"[]", planted)
		}
	case reflect.Map:
		for _, name := range v.MapKeys() {
			one := reflect.New(v.Type().Elem()).Elem()
			one.Set(v.MapIndex(name))
			plant(one, key+".*", planted)
			v.SetMapIndex(name, one)
		}
	case reflect.String:
		text := fmt.Sprintf("planted%dx", len(planted))
		if v.Type() == reflect.TypeFor[URL]() {
			v.SetString("http://" + text + "a:" + text + "b@host.example:80/" + text + "c/" + text + "d?k=" + text + "e#" + text + "f")
		} else {
			v.SetString(text)
		}
		planted[text] = strings.TrimPrefix(key, ".")
	}
}

// wantShown are the keys whose texts are no secrets.
const wantShown = "cameras.*.collect.name cameras.*.collect.what cameras.*.decision.groups.*[] cameras.*.decision.others " +
	"cameras.*.fast_decode cameras.*.files.paths[] cameras.*.fit cameras.*.flip cameras.*.http.ca_file " +
	"cameras.*.http.fingerprint cameras.*.http.password_file cameras.*.model cameras.*.normal.name cameras.*.rtsp.ca_file " +
	"cameras.*.rtsp.fingerprint cameras.*.rtsp.password_file cameras.*.rtsp.transport cameras.*.snapshot.folder " +
	"cameras.*.snapshot.picture cameras.*.source cameras.*.then.model cameras.*.v4l2.device cameras.*.v4l2.format " +
	"cameras.*.view.of cameras.*.without_clock device gpio.chip gpio.inputs.*.line gpio.inputs.*.pull gpio.outputs.*.camera " +
	"gpio.outputs.*.classes[] gpio.outputs.*.line gpio.outputs.*.mode gpio.outputs.*.safe log.format log.level metrics.listen " +
	"metrics.textfile models.*.decoder models.*.edgetpu.device models.*.edgetpu.file models.*.engine models.*.fallback " +
	"models.*.file models.*.labels models.*.people models.*.scores models.*.sha256 models.*.task mqtt.broker[].server_name " +
	"mqtt.listen mqtt.password_file mqtt.spool.path mqtt.tls.ca_file mqtt.tls.cert_file mqtt.tls.key_file " +
	"mqtt.tls.server_name teach.folder web.listen web.tls.cert_file web.tls.key_file"

// What a stranger gets of the texts in a config, key by key: a key that is new has to be thought about.
func TestSharedShows(t *testing.T) {
	c := Sketch(wholeFile())
	planted := map[string]string{}
	plant(reflect.ValueOf(c).Elem(), "", planted)
	text, secrets := c.Shared()
	var shown, hidden []string
	for planted, key := range planted {
		if strings.Contains(string(text), planted) {
			shown = append(shown, key)
			continue
		}
		hidden = append(hidden, key)
		if !slices.ContainsFunc(secrets, func(s string) bool { return strings.Contains(s, planted) }) {
			t.Errorf("%s is hidden, and not among the secrets", key)
		}
	}
	slices.Sort(hidden)
	slices.Sort(shown)
	want := []string{
		"mqtt.broker[].url", "cameras.*.http.url", "cameras.*.http.username", "cameras.*.rtsp.url", "cameras.*.rtsp.username",
		"mqtt.client_id", "mqtt.homeassistant.prefix", "mqtt.homeassistant.status_topic", "mqtt.prefix", "mqtt.username",
	}
	for _, key := range want {
		if !slices.Contains(hidden, key) {
			t.Errorf("%s is shown", key)
		}
	}
	if got := strings.Join(slices.Compact(shown), " "); got != wantShown {
		t.Errorf("shown are\n%s\nwant\n%s", got, wantShown)
	}
	if again := reflect.ValueOf(c).Elem(); !strings.Contains(fmt.Sprint(again.Interface().(Config).MQTT.Username), "planted") {
		t.Error("the config itself has changed")
	}
}

// What is shared is a config that can be used, with everything in it that does something to frames.
func TestSharedIsAConfig(t *testing.T) {
	text := "mqtt: {broker: 'mqtts://host.example', username: me, password_file: /x, prefix: a/b, client_id: c, tls: {ca_file: /ca}}\n" +
		"location: {latitude: 48.137, longitude: 11.575}\n" +
		"cameras:\n  a: {source: http, http: {url: 'http://camera.local:8080/secret/path?token=secret', username: me, password_file: /x}}\n" +
		"  b: {source: rtsp, region: {x: 0.1, y: 0.2, width: 0.5, height: 0.5}, hours: [sunrise-sunset], rtsp: {url: 'rtsp://camera.local/user=admin_password=secret_channel=1'}}\n"
	c, err := Parse("f", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	shared, secrets := c.Shared()
	again, err := Parse("shared", shared)
	if err != nil {
		t.Fatalf("%v in\n%s", err, shared)
	}
	if again.Cameras["b"].Region != c.Cameras["b"].Region || *again.Location != (Location{48, 12}) || again.Cameras["a"].HTTP.URL != "http://camera.local:8080/REDACTED" {
		t.Errorf("shared:\n%s", shared)
	}
	if strings.Contains(string(shared), "secret") || !slices.Contains(secrets, "user=admin_password=secret_channel=1") {
		t.Errorf("secrets %q, shared:\n%s", secrets, shared)
	}
	usual := Default()
	if text, secrets := usual.Shared(); string(text) != usual.String() || len(secrets) > 0 && strings.Join(secrets, "") != "" {
		t.Errorf("of the defaults something is hidden: %q", secrets)
	}
}
