package mqtt

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/inceptiond/inceptiond/internal/backoff"
	"github.com/inceptiond/inceptiond/internal/localname"
	"go.uber.org/zap"
)

// Step is one step of a probe, on the way that a message goes.
type Step struct {
	Name  string        // "resolve", "connect", "encrypt", "log in", "subscribe", "publish" or "retain"
	Found string        // what it found; if Err is set, what that means
	Mend  string        // what a person can do about it; may be empty
	Err   error         // nil: the step went well
	Took  time.Duration // until it was done or failed
}

// Report is what a probe found.
type Report struct {
	Steps   []Step    // in order; only the last may have failed
	Topic   string    // of the message that was sent and came back
	Expires time.Time // the end of the broker's certificate; zero without one
	// Daemon is what the broker retains as the state of the daemon with this prefix: "online", "offline", or "" if
	// nothing, or if it was not told.
	Daemon string
	Other  bool     // that daemon is none of this machine: see Wanted.Boot
	Rights *Rights  // nil: the broker could not be asked
	Advice []Advice // on those of several addresses of its name that are no good
}

const (
	probeTopics = 3           // that a probe subscribes to
	otherTime   = time.Second // for a daemon that is just starting, to say all that it has to
)

// probe is a probe under way.
type probe struct {
	*Client // is asked for options and diagnoses; it does not run
	id      string
	report  Report
	conn    paho.Client
	hosts   []string      // the addresses of its name that were good so far, if there are several of a family
	echo    chan struct{} // closed, once, when the message has come back
	once    sync.Once

	mu   sync.Mutex
	said map[string]string // what the daemon said last, by topic
}

// Probe goes the way of a message to the first of the addresses step by step until one fails: it resolves the broker's name, connects, encrypts,
// logs in, subscribes, publishes and waits for its own message. That has a topic of its own,
// <prefix>/doctor/<random number>, is not retained, and goes under a client id of its own, so that a daemon with the
// same options is not disturbed. If all that went well it asks the broker's leave for what is wanted; nobody hears that. It ends with
// ctx. The error is about o, as Open's.
func Probe(ctx context.Context, o Options, w Wanted) (Report, error) {
	return runProbe(ctx, o, w, defaultPace)
}

func runProbe(ctx context.Context, o Options, w Wanted, pace pace) (Report, error) {
	o, nodes, err := o.checked()
	if err != nil {
		return Report{}, err
	}
	first := slices.IndexFunc(nodes, func(n *node) bool { return n.Address == o.Brokers[0] })
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // cuts the connection
	p := &probe{
		Client: newClient(o, nodes, pace, zap.NewNop()),
		id:     rand.Text()[:8], echo: make(chan struct{}), said: map[string]string{},
	}
	p.ctx, p.inbox = ctx, new(inbox)
	p.current.Store(nodes[first])
	p.options.ClientID += "-doctor-" + p.id
	p.report.Topic = o.Prefix + "/doctor/" + p.id
	for _, step := range []struct {
		name string
		do   func(context.Context) (string, error)
	}{{"resolve", p.resolve}, {"connect", p.dial}, {"encrypt", p.encrypt}, {"log in", p.login},
		{"subscribe", p.subscribe}, {"publish", p.publish}, {"retain", p.retain}} {
		if !p.step(ctx, step.name, step.do) {
			break
		}
	}
	if n := len(p.report.Steps); n > 0 && p.report.Steps[n-1].Err == nil {
		p.report.Rights = p.rights(ctx, w)
		p.report.Other = p.isOther(w.Boot) && backoff.Sleep(ctx, otherTime) == nil && p.isOther(w.Boot)
	}
	if p.conn != nil {
		p.conn.Disconnect(100)
	}
	return p.report, nil
}

// step makes one step and reports it, unless it had nothing to do. It tells whether the next one makes sense.
func (p *probe) step(ctx context.Context, name string, do func(context.Context) (string, error)) bool {
	ctx, cancel := context.WithTimeout(ctx, p.pace.connect)
	defer cancel()
	begin := time.Now()
	found, err := do(ctx)
	if found == "" && err == nil {
		return true
	}
	s := Step{Name: name, Found: found, Err: err, Took: time.Since(begin)}
	if err != nil {
		d := p.explain(err)
		s.Found, s.Mend = d.what, d.mend
	}
	p.report.Steps = append(p.report.Steps, s)
	return err == nil
}

// denial is an error that only a probe can have: nothing is wrong with the connection.
type denial struct{ diagnosis }

func (d denial) Error() string { return d.what }

func (p *probe) explain(err error) diagnosis {
	if d := (denial{}); errors.As(err, &d) {
		return p.blameCertificate(d.diagnosis)
	}
	return p.Client.explain(err, 0)
}

func (p *probe) resolve(ctx context.Context) (string, error) {
	host := p.node().url.Hostname()
	if net.ParseIP(host) != nil {
		return "", nil
	}
	if !localname.Is(host) {
		addresses, err := net.DefaultResolver.LookupHost(ctx, host)
		p.hosts = crowded(addresses)
		return strings.Join(addresses, ", "), err
	}
	addresses, way, err := localname.Lookup(ctx, host)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s is %s, says %s", host, strings.Trim(fmt.Sprint(addresses), "[]"), way), nil
}

// crowded are those of addresses that have others of their family beside them.
func crowded(addresses []string) []string {
	families := map[bool][]string{}
	for _, a := range addresses {
		six := strings.Contains(a, ":")
		families[six] = append(families[six], a)
	}
	return slices.Concat(slices.DeleteFunc([][]string{families[false], families[true]}, func(f []string) bool { return len(f) < 2 })...)
}

// each tries all addresses of the broker's name at once, if it has several, and keeps those that are good: the error is the first
// one's if none is. A client comes to the others after that.
func (p *probe) each(try func(address string) error) error {
	_, port, _ := net.SplitHostPort(p.node().url.Host)
	errs := make([]error, len(p.hosts))
	var all sync.WaitGroup
	for i, host := range p.hosts {
		all.Go(func() { errs[i] = try(net.JoinHostPort(host, port)) })
	}
	all.Wait()
	var good []string
	for i, host := range p.hosts {
		if errs[i] == nil {
			good = append(good, host)
		}
	}
	if len(good) == 0 {
		return errs[0]
	}
	for i, host := range p.hosts {
		if errs[i] != nil {
			d := p.explain(errs[i])
			p.report.Advice = append(p.report.Advice, Advice{Works: true, Mend: cmp.Or(d.mend, "see that machine, or take its address out of the name server"),
				What: fmt.Sprintf("%s, an address of %s, is no good: %s", host, p.node().url.Hostname(), d.what)})
		}
	}
	p.hosts = good
	p.node().prefer = good[0]
	return nil
}

func (p *probe) dial(ctx context.Context) (string, error) {
	if len(p.hosts) > 0 {
		err := p.each(func(address string) error {
			conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
			if err == nil {
				conn.Close()
			}
			return err
		})
		return strings.Join(p.hosts, ", ") + " accept connections", err
	}
	conn, err := localname.Dialer(new(net.Dialer))(ctx, "tcp", p.node().url.Host)
	if err != nil {
		return "", err
	}
	return conn.RemoteAddr().String() + " accepts connections", conn.Close()
}

func (p *probe) encrypt(ctx context.Context) (string, error) {
	config, err := p.node().tls.config(p.node().url)
	if config == nil || err != nil {
		return "", err
	}
	if len(p.hosts) < 2 {
		return p.handshake(ctx, p.node().url.Host, config)
	}
	var mu sync.Mutex
	var found string
	err = p.each(func(address string) error {
		mu.Lock()
		defer mu.Unlock()
		f, err := p.handshake(ctx, address, config)
		found = cmp.Or(found, f)
		return err
	})
	return found, err
}

// handshake encrypts a connection, and notes the end of the certificate that ends first.
func (p *probe) handshake(ctx context.Context, address string, config *tls.Config) (string, error) {
	raw, err := localname.Dialer(new(net.Dialer))(ctx, "tcp", address)
	if err != nil {
		return "", err
	}
	conn := tls.Client(raw, config)
	if err := conn.HandshakeContext(ctx); err != nil {
		_ = raw.Close() // the handshake's error says more
		return "", err
	}
	state := conn.ConnectionState()
	if end := state.PeerCertificates[0].NotAfter; p.report.Expires.IsZero() || end.Before(p.report.Expires) {
		p.report.Expires = end
	}
	_ = conn.Close() // an error means that the broker was first
	return fmt.Sprintf("%s, the certificate is good", tls.VersionName(state.Version)), nil
}

// login makes a connection for the next steps, without a last will: that is the daemon's.
func (p *probe) login(ctx context.Context) (string, error) {
	o, err := p.pahoOptions(p.Client.ctx) // the connection outlives this step
	if err != nil {
		return "", err
	}
	// paho's UnsetWill keeps QoS and retain, which MQTT forbids without a will (3.1.1, section 3.1.2.6).
	o.WillEnabled, o.WillQos, o.WillRetained = false, 0, false
	o.SetDefaultPublishHandler(p.receive)
	client := paho.NewClient(o)
	switch err := wait(ctx, client.Connect()); {
	case hungUp(err) && !p.report.Expires.IsZero():
		if other := p.recognize(); other != nil {
			return "", *other
		}
		// With TLS 1.3 the broker asks for our certificate when its part of the handshake is over. Its alert may be
		// overtaken by the end of the connection.
		return "", denial{handshakeRefused()}
	case err != nil:
		return "", err
	}
	p.conn = client
	if p.options.Username == "" {
		return "accepted without a user", nil
	}
	return fmt.Sprintf("accepted as %q", p.options.Username), nil
}

// receive is called by paho for what arrives.
func (p *probe) receive(_ paho.Client, m paho.Message) {
	switch {
	case m.Topic() == p.report.Topic:
		p.once.Do(func() { close(p.echo) })
	default:
		p.mu.Lock()
		defer p.mu.Unlock()
		p.said[strings.TrimPrefix(m.Topic(), p.options.Prefix+"/")] = string(m.Payload())
	}
}

// saidOn is what the daemon said last on a topic below the prefix.
func (p *probe) saidOn(topic string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.said[topic]
}

// isOther tells whether a daemon is online with this prefix that does not run in this boot of this machine.
func (p *probe) isOther(boot string) bool {
	var config struct{ Boot string }
	json.Unmarshal([]byte(p.saidOn("config")), &config)
	return boot != "" && config.Boot != "" && config.Boot != boot && p.saidOn("status") == online
}

func (p *probe) subscribe(ctx context.Context) (string, error) {
	token := p.conn.SubscribeMultiple(map[string]byte{p.report.Topic: 1, p.options.Prefix + "/status": 1, p.options.Prefix + "/config": 1}, nil)
	if err := p.wait(ctx, token); err != nil {
		return "", err
	}
	if token.(*paho.SubscribeToken).Result()[p.report.Topic] == subscribeRefused {
		return "", p.denied("the broker refuses the subscription")
	}
	return p.report.Topic, nil
}

func (p *probe) publish(ctx context.Context) (string, error) {
	if err := p.wait(ctx, p.conn.Publish(p.report.Topic, 1, false, p.id)); err != nil {
		return "", err
	}
	// MQTT 3.1.1 has no way to refuse a message: the broker acknowledges it and throws it away.
	ctx, cancel := context.WithTimeout(ctx, p.pace.write)
	defer cancel()
	select {
	case <-p.echo:
	case <-ctx.Done():
		return "", p.denied("the broker took the message, but it did not come back")
	}
	p.report.Daemon = p.saidOn("status")
	return "the message came back", nil
}

// retain looks whether the broker takes retained messages, by a last will on the probe's topic that is never sent, and if it
// were would leave nothing.
func (p *probe) retain(ctx context.Context) (string, error) {
	o, err := p.pahoOptions(p.Client.ctx)
	if err != nil {
		return "", err
	}
	o.SetClientID(p.options.ClientID+"-will").SetWill(p.report.Topic, "", 1, true)
	client := paho.NewClient(o)
	if err := wait(ctx, client.Connect()); hungUp(err) {
		return "", denial{noRetain}
	} else if err != nil {
		return "", err
	}
	client.Disconnect(100)
	return "", nil
}

// denied says that what is missing is a right, not a connection.
func (p *probe) denied(what string) error {
	return denial{diagnosis{what: what, mend: fmt.Sprintf(
		"in the broker's access rules let %s write to %s/# and read %[2]s/doctor/# (mosquitto: topic readwrite %[2]s/# in acl_file)",
		p.options.who(), p.options.Prefix)}}
}

// wait waits for the token of a request on the connection. A broker that hangs up then does not allow it.
func (p *probe) wait(ctx context.Context, token paho.Token) error {
	err := wait(ctx, token)
	if err != nil && ctx.Err() == nil {
		return p.denied("the broker hung up at this request")
	}
	return err
}

// wait waits for a token of paho's. The context's end counts as the broker's silence.
func wait(ctx context.Context, token paho.Token) error {
	select {
	case <-token.Done():
		return token.Error()
	case <-ctx.Done():
		return ctx.Err()
	}
}
