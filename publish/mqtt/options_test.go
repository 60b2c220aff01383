package mqtt

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/eclipse/paho.mqtt.golang/packets"
	"go.uber.org/zap"
)

func TestBrokerURLs(t *testing.T) {
	for text, want := range map[string]string{ // empty: an error
		"mqtt://h":                 "h:1883",
		"tcp://h":                  "h:1883",
		"mqtts://h":                "h:8883",
		"ssl://h":                  "h:8883",
		"ws://h/mqtt":              "h:80",
		"wss://h":                  "h:443",
		"mqtt://10.0.0.1:99":       "10.0.0.1:99",
		"mqtt://[::1]":             "[::1]:1883",
		"mqtt://h/":                "h:1883",
		"":                         "",
		"h":                        "",
		"h:1883":                   "",
		"127.0.0.1:1883":           "",
		"http://h":                 "",
		"mqtt://":                  "",
		"mqtt://:1883":             "",
		"mqtt://h:port":            "",
		"mqtt://h/topic":           "",
		"mqtt://user:se-cret@h":    "",
		"mqtt://user:se-cret@h:%x": "",
		"mqtt://\x7f":              "",
	} {
		u, err := parseBroker(text)
		switch {
		case want == "" && err == nil:
			t.Errorf("%q: no error, host %s", text, u.Host)
		case want == "" && (!strings.HasPrefix(err.Error(), "mqtt: ") || strings.Contains(err.Error(), "se-cret")):
			t.Errorf("%q: %v", text, err)
		case want != "" && err != nil:
			t.Errorf("%q: %v", text, err)
		case want != "" && u.Host != want:
			t.Errorf("%q: host %s, want %s", text, u.Host, want)
		}
	}
}

func TestOptionsAreChecked(t *testing.T) {
	good := Options{Brokers: []Address{{URL: "mqtt://127.0.0.1:1"}}, Device: "gate"}
	for name, change := range map[string]func(*Options){
		"no broker":      func(o *Options) { o.Brokers = nil },
		"broker":         func(o *Options) { o.Brokers = []Address{{URL: "nonsense"}} },
		"second broker":  func(o *Options) { o.Brokers = append(o.Brokers, Address{URL: "nonsense"}) },
		"no device":      func(o *Options) { o.Device = "" },
		"device":         func(o *Options) { o.Device = "a/b" },
		"wildcard":       func(o *Options) { o.Prefix = "a/+/b" },
		"hash":           func(o *Options) { o.Prefix = "a/#" },
		"empty level":    func(o *Options) { o.Prefix = "a//b" },
		"leading slash":  func(o *Options) { o.Prefix = "/a" },
		"trailing slash": func(o *Options) { o.Prefix = "a/" },
		"NUL":            func(o *Options) { o.Prefix = "a\x00" },
		"dollar":         func(o *Options) { o.Prefix = "$SYS/a" },
		"long prefix":    func(o *Options) { o.Prefix = strings.Repeat("a/", 1000) + "a" },
		"client id":      func(o *Options) { o.ClientID = "a\nb" },
		"password":       func(o *Options) { o.Password = func() (string, error) { return "", nil } },
		"QoS":            func(o *Options) { o.QoS = 3 },
		"rate":           func(o *Options) { o.MaxRate = -1 },
		"rate NaN":       func(o *Options) { o.MaxRate = math.NaN() },
		"queue":          func(o *Options) { o.Queue = -1 },
		"short life":     func(o *Options) { o.KeepAlive = time.Millisecond },
		"long life":      func(o *Options) { o.KeepAlive = 24 * time.Hour },
		"CA file":        func(o *Options) { o.Brokers, o.TLS.CAFile = []Address{{URL: "mqtts://h"}}, "/nowhere" },
	} {
		o := good
		change(&o)
		c, err := Open(o, zap.NewNop())
		if err == nil {
			c.Close()
			t.Errorf("%s: no error", name)
		} else if !strings.HasPrefix(err.Error(), "mqtt: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
	o, _, err := good.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	if o.Prefix != "inceptiond/gate" || o.ClientID != "inceptiond-gate" || o.KeepAlive != 30*time.Second || o.Queue != 1000 {
		t.Errorf("defaults: %+v", o)
	}
}

func TestDiagnoses(t *testing.T) {
	c := newClient(Options{ClientID: "gate-id"}, []*node{{url: &url.URL{Scheme: "mqtt"}}}, defaultPace, zap.NewNop())
	for _, test := range []struct {
		err        error
		lasted     time.Duration
		what, mend string
		refused    bool
	}{
		{errors.New("whatever"), 0, "cannot connect", "", false},
		{fmt.Errorf("mqtt: password: %w", os.ErrNotExist), 0, "a file is missing or unreadable", "", false},
		{fmt.Errorf("%w : %w", packets.ErrorNetworkError, os.ErrDeadlineExceeded), 0, "no answer", "port", false},
		{&net.DNSError{IsNotFound: true}, 0, "the broker's name is not known", "mqtt.broker", false},
		{x509.CertificateInvalidError{Reason: x509.Expired}, 0, "the broker's certificate is not valid", "clock", true},
		{tls.RecordHeaderError{}, 0, "the port does not speak TLS", "mqtt://", true},
		{packets.ErrorRefusedNotAuthorised, 0, "the broker refuses our login", "set mqtt.username", true},
		{packets.ErrorRefusedIDRejected, 0, "the broker refuses our client id", "gate-id", true},
		{io.EOF, time.Second, "connection lost", "gate-id", false}, // perhaps another client took over
		{io.EOF, time.Hour, "connection lost", "", false},
		{errNoAck, time.Second, "connection lost", "", false},
	} {
		d := c.diagnose(test.err, test.lasted)
		if d.what != test.what || !strings.Contains(d.mend, test.mend) || d.refused != test.refused {
			t.Errorf("%v after %v: got %+v", test.err, test.lasted, d)
		}
	}
	for scheme, want := range map[string]string{"mqtt": "use mqtts://", "ws": "use mqtts://", "mqtts": "use mqtt://", "wss": "use mqtt://"} {
		c.node().url.Scheme = scheme
		if d := c.diagnose(os.ErrDeadlineExceeded, 0); !strings.Contains(d.mend, want) {
			t.Errorf("%s: %q", scheme, d.mend)
		}
	}
}

func TestPahoIsBridgedAtDebugLevel(t *testing.T) {
	paho.ERROR.Println("[test]  ", "an error")
	paho.WARN.Printf("%s\n", "a warning")
	got := map[string]any{}
	for _, e := range pahoLogs.All() {
		if e.Level != zap.DebugLevel {
			t.Errorf("%s: at level %v", e.Message, e.Level)
		}
		got[e.Message] = e.ContextMap()["paho"]
	}
	if got["[test]   an error"] != "error" || got["a warning"] != "warning" {
		t.Errorf("logged: %v", got)
	}
}

func FuzzTopicsAndURLs(f *testing.F) {
	for _, s := range []string{"mqtt://h", "wss://[::1]:9/x", "a/b", "+", "\x00", "$SYS", "mqtt://u:p@h"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if u, err := parseBroker(s); err == nil {
			if _, _, err := net.SplitHostPort(u.Host); err != nil || u.User != nil {
				t.Errorf("broker %q: %v", s, u)
			}
		}
		if CheckPrefix(s) == nil && checkLevel("camera", s) == nil {
			topic := s + "/" + s + "/result"
			if strings.ContainsAny(topic, "+#\x00") || strings.Contains(topic, "//") || !utf8.ValidString(topic) || len(topic) > 65535 {
				t.Errorf("topic %q", topic)
			}
		}
	})
}
