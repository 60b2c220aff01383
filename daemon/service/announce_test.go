package service

import (
	"testing"

	"github.com/inceptiond/inceptiond/publish/mqtt"
)

func TestSubscribeHint(t *testing.T) {
	for _, tt := range []struct {
		url  string
		mqtt mqtt.Options
		want string
	}{
		{"mqtt://127.0.0.1:1884", mqtt.Options{}, "mosquitto_sub -h 127.0.0.1 -p 1884 -t 'home/#' -v"},
		{"mqtt://broker.local", mqtt.Options{Username: "pi"}, "mosquitto_sub -h broker.local -u pi -P … -t 'home/#' -v"},
		{"mqtts://broker.local", mqtt.Options{}, "mosquitto_sub -h broker.local --capath /etc/ssl/certs -p 8883 -t 'home/#' -v"},
		{"mqtts://broker.local:1", mqtt.Options{TLS: mqtt.TLS{CAFile: "ca.pem", CertFile: "me.pem", KeyFile: "me.key"}},
			"mosquitto_sub -h broker.local --cafile ca.pem --cert me.pem --key me.key -p 1 -t 'home/#' -v"},
		{"ws://broker.local/mqtt", mqtt.Options{}, "home/#"},
	} {
		tt.mqtt.Brokers, tt.mqtt.Prefix = []mqtt.Address{{URL: tt.url}}, "home"
		if got := subscribeHint(tt.mqtt); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.url, got, tt.want)
		}
	}
	several := mqtt.Options{Brokers: []mqtt.Address{{URL: "mqtt://a.local"}, {URL: "mqtt://b.local"}}, Prefix: "home"}
	if got, want := subscribeHint(several), "mosquitto_sub -h a.local -t 'home/#' -v  # or at the address where it is connected"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
