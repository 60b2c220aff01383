package config

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

func TestParseBrokers(t *testing.T) {
	for text, want := range map[string]Brokers{
		`embedded`:                       BrokersAt(BrokerEmbedded),
		`off`:                            BrokersAt(BrokerOff),
		`[off]`:                          BrokersAt(BrokerOff),
		`mqtt://a.local`:                 BrokersAt("mqtt://a.local"),
		`[mqtt://a.local]`:               BrokersAt("mqtt://a.local"),
		`[mqtt://a.local, wss://b/mqtt]`: BrokersAt("mqtt://a.local", "wss://b/mqtt"),
		"\n  - mqtts://10.0.0.1\n  - url: mqtts://10.0.0.2\n    server_name: b.example": {{URL: "mqtts://10.0.0.1"}, {URL: "mqtts://10.0.0.2", ServerName: "b.example"}},
		`[{url: "mqtt://[fe80::1]"}]`:                              BrokersAt("mqtt://[fe80::1]"),
		`[{url: wss://10.0.0.1, server_name: a.example}]`:          {{URL: "wss://10.0.0.1", ServerName: "a.example"}},
		`[mqtt://a:1883, mqtt://a:1884, mqtt://b:1883, ws://a:80]`: BrokersAt("mqtt://a:1883", "mqtt://a:1884", "mqtt://b:1883", "ws://a:80"),
	} {
		c, err := Parse("f", []byte("mqtt: {}\n"))
		if err == nil {
			c, err = Parse("f", []byte("mqtt:\n broker: "+text))
		}
		if err != nil || !reflect.DeepEqual(c.MQTT.Broker, want) {
			t.Errorf("%s: %v, %v", text, c, err)
			continue
		}
		again, err := Parse("again", c.YAML())
		if err != nil || !reflect.DeepEqual(again, c) {
			t.Errorf("%s: written as\n%sit is read as %v, %v", text, c.YAML(), again, err)
		}
	}
}

// The values that the page gets have the form of the file.
func TestValuesOfBrokers(t *testing.T) {
	for text, want := range map[string]string{
		`[wss://a/?token=secret]`: `"wss://a/?token=REDACTED"`,
		`[wss://a/?token=secret, {url: wss://b/?token=secret, server_name: b.example}]`: `["wss://a/?token=REDACTED",{"server_name":"b.example","url":"wss://b/?token=REDACTED"}]`,
	} {
		c, err := Parse("f", []byte("mqtt: {broker: "+quoteFlow(text)+"}"))
		if err != nil {
			t.Fatal(err)
		}
		got, err := json.Marshal(c.Values()["mqtt"].(map[string]any)["broker"])
		if err != nil || string(got) != want {
			t.Errorf("%s: %s, %v", text, got, err)
		}
	}
}

// quoteFlow quotes addresses with a query, which cannot stand in braces as they are.
func quoteFlow(text string) string {
	return strings.NewReplacer("wss://", `"wss://`, "secret", `secret"`).Replace(text)
}

func TestBadBrokers(t *testing.T) {
	many := make([]string, 17)
	for i := range many {
		many[i] = fmt.Sprintf("mqtt://10.0.0.%d", i)
	}
	for _, tt := range []struct{ name, text, want string }{
		{"empty list", "mqtt:\n  broker: []", `f:2: mqtt.broker: is an empty list (want embedded, off, or an address such as mqtt://broker.local:1883, or several addresses)`},
		{"nothing", "mqtt:\n  broker:", `f:2: mqtt.broker: has no value (write one, or remove the line for the default)`},
		{"a number", "mqtt:\n  broker: 5", `f:2: mqtt.broker: want a text, not the number 5 (put it in quotes)`},
		{"a section", "mqtt:\n  broker: {url: mqtt://a}", `f:2: mqtt.broker: want an address, or a list of them, not a section (of one of several addresses with a server_name: - url: mqtts://10.0.0.1)`},
		{"embedded among others", "mqtt:\n  broker:\n    - mqtt://a.local\n    - embedded", `f:4: mqtt.broker[1]: embedded cannot stand in a list of addresses (remove it, or set mqtt.broker to it alone)`},
		{"off twice", "mqtt:\n  broker: [off, off]", `f:2: mqtt.broker[0]: off cannot stand in a list of addresses (remove it, or set mqtt.broker to it alone)
f:2: mqtt.broker[1]: off cannot stand in a list of addresses (remove it, or set mqtt.broker to it alone)`},
		{"doubles", "mqtt:\n  broker:\n  - mqtt://a.local\n  - mqtt://b.local\n  - mqtt://A.local.:1883", `f:5: mqtt.broker[2]: "mqtt://A.local.:1883" is in the list already, as "mqtt://a.local" (remove one of them)`},
		{"nothing in a list", "mqtt:\n  broker:\n  -\n  - mqtt://b.local", `f:3: mqtt.broker[0]: has no value (write one, or remove the line for the default)`},
		{"a list in a list", "mqtt:\n  broker:\n  - [mqtt://a.local]", `f:3: mqtt.broker[0]: want a text, not a list`},
		{"no url", "mqtt:\n  broker:\n  - server_name: a.example\n  - mqtts://b.example", `f:3: mqtt.broker[0].url: is missing (want an address such as mqtt://broker.local:1883)`},
		{"empty url", "mqtt:\n  broker:\n  - url: ''\n  - mqtts://b.example", `f:3: mqtt.broker[0].url: is missing (want an address such as mqtt://broker.local:1883)`},
		{"url that is none", "mqtt:\n  broker:\n  - url: 5\n  - mqtts://b.example", `f:3: mqtt.broker[0].url: want a text, not the number 5 (put it in quotes)`},
		{"unknown key", "mqtt:\n  broker:\n  - {url: mqtts://a.example, servername: a}\n  - mqtts://b.example", `f:3: mqtt.broker[0].servername: unknown key (did you mean server_name?)`},
		{"without scheme", "mqtt:\n  broker: [a.local:1883, 'mqtt://b.local']", `f:2: mqtt.broker[0]: "a.local:1883" is not possible (did you mean mqtt://a.local:1883?)`},
		{"a password", "mqtt:\n  broker: ['mqtt://me:secret@a.local', 'mqtt://b.local']", `f:2: mqtt.broker[0]: "mqtt://REDACTED@a.local" holds a user or password (write it without, and set username and password_file)`},
		{"as one text", "mqtt:\n  broker: mqtt://a.local,mqtt://b.local", `f:2: mqtt.broker: "mqtt://a.local,mqtt://b.local" is not one address (write several as a list: [mqtt://a.local, mqtt://b.local])`},
		{"as one text with spaces", "mqtt:\n  broker: a.local b.local", `f:2: mqtt.broker: "a.local b.local" is not one address (write several as a list: [mqtt://a.local, mqtt://b.local])`},
		{"too many", "mqtt:\n  broker: [" + strings.Join(many, ", ") + "]", `f:2: mqtt.broker: 17 addresses are too many (want at most 16: a client needs a few nodes of a cluster, not all)`},
		{"with and without TLS", "mqtt:\n  tls: {ca_file: ca.pem}\n  broker:\n  - mqtts://a.local\n  - mqtt://b.local", `f:5: mqtt.broker[1]: "mqtt://b.local" is without TLS, and mqtt.tls is for all addresses (want mqtts:// or wss://, or remove mqtt.tls)`},
		{"name without TLS", "mqtt:\n  broker:\n  - mqtt://a.local\n  - url: mqtt://10.0.0.1\n    server_name: b.local", `f:5: mqtt.broker[1].server_name: is for the certificate of an address with mqtts:// or wss://, and "mqtt://10.0.0.1" has none (remove it, or change the address)`},
		{"name without TLS, alone", "mqtt:\n  broker:\n  - url: mqtt://10.0.0.1\n    server_name: b.local", `f:4: mqtt.broker[0].server_name: is for the certificate of an address with mqtts:// or wss://, and "mqtt://10.0.0.1" has none (remove it, or change the address)`},
		{"name that is an address", "mqtt:\n  broker:\n  - {url: mqtts://10.0.0.1, server_name: 'b.local:8883'}", `f:3: mqtt.broker[0].server_name: "b.local:8883" is no name of a certificate (want one such as node1.example, without scheme and port)`},
		{"Home Assistant without one", "mqtt:\n  broker: [off]\n  homeassistant: {enabled: true}", `f:3: mqtt.homeassistant.enabled: needs a broker, but mqtt.broker is off`},
	} {
		_, err := Parse("f", []byte(tt.text))
		if err == nil || err.Error() != tt.want {
			t.Errorf("%s: got\n%v\nwant\n%s", tt.name, err, tt.want)
		}
	}
}

func TestEditBrokers(t *testing.T) {
	list := func(items ...any) []any { return items }
	for _, tt := range []struct {
		name, before string
		value        any
		want         string
	}{
		{"one to another", "mqtt:\n  broker: embedded # ours\n", "mqtt://a.local", "mqtt:\n  broker: mqtt://a.local # ours\n"},
		{"one to several", "mqtt:\n  broker: embedded # ours\n", list("mqtt://a.local", "mqtt://b.local"), "mqtt:\n  broker: [mqtt://a.local, mqtt://b.local] # ours\n"},
		{"several to one", "mqtt:\n  broker: [mqtt://a.local, mqtt://b.local]\n", "mqtt://b.local", "mqtt:\n  broker: mqtt://b.local\n"},
		{"one more", "mqtt:\n  broker:\n    # the first\n    - mqtt://a.local\n    # the second\n    - mqtt://b.local # old\n  qos: 1\n", list("mqtt://a.local", "mqtt://b.local", "mqtt://c.local"),
			"mqtt:\n  broker:\n    # the first\n    - mqtt://a.local\n    # the second\n    - mqtt://b.local # old\n    - mqtt://c.local\n  qos: 1\n"},
		{"with a name", "mqtt:\n  broker:\n    - mqtts://a.local\n", list("mqtts://a.local", map[string]any{"server_name": "b.example", "url": "mqtts://10.0.0.2"}),
			"mqtt:\n  broker:\n    - mqtts://a.local\n    - {url: mqtts://10.0.0.2, server_name: b.example}\n"},
		{"a list of one for one", "mqtt:\n  broker: mqtt://a.local\n", list("mqtt://a.local"), "mqtt:\n  broker: mqtt://a.local\n"},
		{"back to the default", "mqtt:\n  broker: [mqtt://a.local]\n  qos: 1\n", nil, "mqtt:\n  qos: 1\n"},
		{"as it is shown", "mqtt:\n  broker: 'wss://a/?token=secret'\n", "wss://a/?token=REDACTED", "mqtt:\n  broker: 'wss://a/?token=secret'\n"},
		{"as they are shown, and one more", "mqtt:\n  broker: ['wss://a/?token=one', {url: 'wss://b/?token=two', server_name: b}]\n",
			list("wss://a/?token=REDACTED", map[string]any{"url": "wss://b/?token=REDACTED", "server_name": "b"}, "wss://c"),
			"mqtt:\n  broker: ['wss://a/?token=one', {url: 'wss://b/?token=two', server_name: b}, 'wss://c']\n"},
		{"in another order", "mqtt:\n  broker: ['wss://a/?token=one', 'wss://b/?token=two']\n", list("wss://b/?token=REDACTED", "wss://a/?token=REDACTED"),
			"mqtt:\n  broker: ['wss://b/?token=two', 'wss://a/?token=one']\n"},
	} {
		got, err := Edit([]byte(tt.before), []Change{{Key: "mqtt.broker", Value: tt.value}})
		if err != nil || string(got) != tt.want {
			t.Errorf("%s: got\n%s(%v)\nwant\n%s", tt.name, got, err, tt.want)
		}
	}
	_, err := Edit([]byte("mqtt: {broker: 'wss://a/?token=one'}\n"), []Change{{Key: "mqtt.broker", Value: list("wss://b/?token=REDACTED")}})
	if err == nil || !strings.Contains(err.Error(), "shown in the place of a secret") {
		t.Errorf("a secret that nobody has: %v", err)
	}
}

// Whatever stands there, it is refused or written back as it is read, and what is refused names the key.
func FuzzBrokers(f *testing.F) {
	for _, text := range []string{"embedded", "[off, embedded]", "[mqtt://a, {url: mqtts://b, server_name: c}]", "[[]]", "- x", "{url: [}", "[ws://a?b=c, ws://a?b=d]", "[{url: mqtt://a, url: b}]"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.ContainsAny(text, "\n\r\u0085\u2028\u2029") {
			return // other keys
		}
		c, err := Parse("f", []byte("mqtt:\n  broker: "+text+"\n"))
		if err != nil {
			return
		}
		if n := len(c.MQTT.Broker); n == 0 || n > maxBrokers {
			t.Errorf("%d addresses", n)
		}
		if strings.Contains(string(c.YAML()), redacted) {
			return // what is secret is not written
		}
		again, err := Parse("again", c.YAML())
		if err != nil || !reflect.DeepEqual(again.MQTT.Broker, c.MQTT.Broker) {
			t.Errorf("%v is written as\n%sand read as %v, %v", c.MQTT.Broker, c.YAML(), again, err)
		}
	})
}
