package mqtt

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/internal/testing/freeport"
	"github.com/inceptiond/inceptiond/publish"
)

// steps are the names of the steps that a probe made, in order.
func (r Report) steps() string {
	var names []string
	for _, s := range r.Steps {
		names = append(names, s.Name)
	}
	return strings.Join(names, ", ")
}

// failed is the step that failed, or nil.
func (r Report) failed() *Step {
	if n := len(r.Steps); n > 0 && r.Steps[n-1].Err != nil {
		return &r.Steps[n-1]
	}
	return nil
}

func probeNow(t *testing.T, o Options) Report {
	t.Helper()
	r, err := runProbe(t.Context(), o, Wanted{}, testPace)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// expectFailure probes and compares the last step.
func expectFailure(t *testing.T, o Options, step, found, mend string) {
	t.Helper()
	f := probeNow(t, o).failed()
	if f == nil {
		t.Fatalf("no failure, want one at %q", step)
	}
	if f.Name != step || !strings.Contains(f.Found, found) || !strings.Contains(f.Mend, mend) {
		t.Errorf("%q: %q, mend %q (%v); want %q: %q, mend %q", f.Name, f.Found, f.Mend, f.Err, step, found, mend)
	}
}

func TestProbe(t *testing.T) {
	m := startMosquitto(t, "allow_anonymous true")
	w := watch(t, "tcp://"+m.addr, nil, "", "")
	c, _ := openClient(t, testOptions("mqtt://"+m.addr), testPace)
	eventually(t, "the daemon is online", func() bool { return c.Stats().Connected && len(w.on("inceptiond/gate/status")) > 0 })

	port := m.addr[strings.LastIndex(m.addr, ":"):]
	r := probeNow(t, testOptions("mqtt://localhost"+port))
	if f := r.failed(); f != nil {
		t.Fatalf("%q failed: %s (%v)", f.Name, f.Found, f.Err)
	}
	if got := r.steps(); got != "resolve, connect, log in, subscribe, publish" {
		t.Errorf("steps: %s", got)
	}
	if r.Daemon != "online" {
		t.Errorf("the daemon is %q", r.Daemon)
	}
	if !strings.HasPrefix(r.Topic, "inceptiond/gate/doctor/") {
		t.Errorf("topic %s", r.Topic)
	}
	eventually(t, "the probe's message", func() bool { return len(w.on(r.Topic)) == 1 })
	late := watch(t, "tcp://"+m.addr, nil, "", "x")
	late.expect(t, "nothing")
	if kept := late.retained()[r.Topic]; kept != "" {
		t.Errorf("%s is retained: %q", r.Topic, kept)
	}
	if s := c.Stats(); !s.Connected || s.Reconnects != 0 {
		t.Errorf("the probe disturbed the daemon: %+v", s)
	}
	if s := w.on("inceptiond/gate/status"); len(s) != 1 {
		t.Errorf("the probe changed the daemon's state: %q", s)
	}
}

func TestProbeCredentialsAndRights(t *testing.T) {
	acl := filepath.Join(t.TempDir(), "acl")
	text := "user gate\ntopic write inceptiond/gate/#\nuser full\ntopic readwrite inceptiond/gate/#\nuser reader\ntopic read #\n"
	if err := os.WriteFile(acl, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	file := passwords(t, "gate", "right", "full", "right", "reader", "right")
	m := startMosquitto(t, "password_file "+file+"\nacl_file "+acl)
	as := func(user, password string) Options {
		o := testOptions("mqtt://" + m.addr)
		o.Username = user
		if user != "" {
			o.Password = func() (string, error) { return password, nil }
		}
		return o
	}
	if f := probeNow(t, as("full", "right")).failed(); f != nil {
		t.Errorf("with all rights %q failed: %s (%v)", f.Name, f.Found, f.Err)
	}
	expectFailure(t, as("full", "wrong"), "log in", "refuses our login", `mqtt.username ("full")`)
	expectFailure(t, as("", ""), "log in", "refuses our login", "set mqtt.username")
	for _, user := range []string{"gate", "reader"} {
		expectFailure(t, as(user, "right"), "publish", "did not come back",
			fmt.Sprintf("let the user %q write to inceptiond/gate/# and read inceptiond/gate/doctor/#", user))
	}
	o := as("full", "")
	o.Password = func() (string, error) { return "", os.ErrPermission }
	expectFailure(t, o, "log in", "missing or unreadable", "mqtt.password_file")
}

func TestProbeTLS(t *testing.T) {
	ca := newAuthority(t)
	cert, key := ca.issue(t, "broker", "127.0.0.1")
	m := startMosquitto(t, fmt.Sprintf("cafile %s\ncertfile %s\nkeyfile %s\nrequire_certificate true\nallow_anonymous true",
		ca.file, cert, key))
	clientCert, clientKey := ca.issue(t, "client", "client")
	with := func(scheme string, files TLS) Options {
		o := testOptions(scheme + "://" + m.addr)
		o.TLS = files
		return o
	}
	r := probeNow(t, with("mqtts", TLS{CAFile: ca.file, CertFile: clientCert, KeyFile: clientKey}))
	if f := r.failed(); f != nil {
		t.Fatalf("%q failed: %s (%v)", f.Name, f.Found, f.Err)
	}
	if got := r.steps(); got != "connect, encrypt, log in, subscribe, publish" {
		t.Errorf("steps: %s", got)
	}
	if r.Expires.Before(time.Now()) {
		t.Errorf("the certificate ends at %v", r.Expires)
	}
	expectFailure(t, with("mqtts", TLS{}), "encrypt", "not signed by an authority we know", "mqtt.tls.ca_file")
	expectFailure(t, with("mqtts", TLS{CAFile: ca.file, ServerName: "other"}), "encrypt", "for another name", "mqtt.tls.server_name")
	expectFailure(t, with("mqtts", TLS{CAFile: ca.file}), "log in", "refuses our TLS handshake", "mqtt.tls.cert_file")
	expectFailure(t, with("mqtt", TLS{}), "log in", "the port speaks TLS", "use mqtts://")
}

func TestProbeTrouble(t *testing.T) {
	expectFailure(t, testOptions("mqtt://127.0.0.1:"+freeport.Find(t)), "connect", "nothing listens there", "start the broker")
	expectFailure(t, testOptions("mqtt://host.invalid"), "resolve", "name is not known", "mqtt.broker")

	refusing := rude(t, func(conn net.Conn) {
		accept(conn, 0)
		answerSubscribe(conn, 0x80)
	})
	expectFailure(t, testOptions(refusing), "subscribe", "refuses the subscription", "access rules")
	leaving := rude(t, func(conn net.Conn) {
		accept(conn, 0)
		conn.Close()
	})
	expectFailure(t, testOptions(leaving), "subscribe", "hung up", "access rules")

	silent := rude(t, func(net.Conn) {})
	quick := testPace
	quick.connect = 50 * time.Millisecond
	r, err := runProbe(t.Context(), testOptions(silent), Wanted{}, quick)
	if f := r.failed(); err != nil || f == nil || f.Name != "log in" || f.Found != "no answer" {
		t.Errorf("%+v, %v", r, err)
	}
	if _, err := runProbe(t.Context(), Options{Brokers: []Address{{URL: "nonsense"}}}, Wanted{}, quick); err == nil {
		t.Error("no error for a bad option")
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if r, err := runProbe(over, testOptions(silent), Wanted{}, testPace); err != nil || r.failed() == nil {
		t.Errorf("after the end of the context: %+v, %v", r, err)
	}
}

// answerSubscribe reads SUBSCRIBE and answers with SUBACK: the same code for all topics.
func answerSubscribe(conn net.Conn, code byte) {
	var packet [200]byte
	n, err := conn.Read(packet[:])
	if err != nil || n < 4 {
		return
	}
	conn.Write([]byte{0x90, 5, packet[2], packet[3], code, code, code})
}

// A daemon of another boot that is online with the same prefix is found; one that is gone, or of this machine, is none.
func TestProbeFindsAnotherMachine(t *testing.T) {
	m := startMosquitto(t, "allow_anonymous true")
	probe := func(boot string) bool {
		t.Helper()
		r, err := runProbe(t.Context(), testOptions("mqtt://"+m.addr), Wanted{Boot: boot}, testPace)
		if err != nil || r.failed() != nil {
			t.Fatalf("%+v, %v", r, err)
		}
		return r.Other
	}
	if probe("this boot") {
		t.Error("found where there is none")
	}
	c, _ := openClient(t, testOptions("mqtt://"+m.addr), testPace)
	send(t, c, publish.ConfigStatus{Device: "gate", Boot: "other boot", State: publish.ConfigApplied, Time: time.Now()})
	w := watch(t, "tcp://"+m.addr, nil, "", "")
	eventually(t, "the config status", func() bool {
		return strings.Contains(w.retained()["inceptiond/gate/config"]+w.text(), "other boot")
	})
	for boot, want := range map[string]bool{"this boot": true, "other boot": false, "": false} {
		if probe(boot) != want {
			t.Errorf("seen from %q: %v", boot, !want)
		}
	}
	closeInTime(t, c)
	<-c.done
	if probe("this boot") {
		t.Error("found though it is gone")
	}
}
