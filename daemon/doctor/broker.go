package doctor

import (
	"context"
	"fmt"
	"maps"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/inceptiond/inceptiond/daemon/plan"
	"github.com/inceptiond/inceptiond/internal/proc"
	"github.com/inceptiond/inceptiond/internal/text"
	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/mqtt"
	"github.com/inceptiond/inceptiond/systemd"
)

const (
	probeLimit = 20 * time.Second // for all steps of a probe
	apartLimit = 10 * time.Second // for what several addresses have in common
)

// brokerChecks send a message to the broker of the config, and get it back.
func (e *examination) brokerChecks() []Check {
	if e.plan == nil {
		return nil
	}
	m := e.plan.MQTT
	switch {
	case m == nil:
		return []Check{fixed("broker", "mqtt", Finding{State: Note, Found: "mqtt.broker is off: results go to standard output only"})}
	case m.Listen != "":
		return []Check{{Area: "broker", Name: "embedded", Limit: probeLimit, Run: e.checkEmbedded}}
	}
	list := []Check{{Area: "broker", Name: "mqtt", Limit: probeLimit + apartLimit, Run: func(ctx context.Context) []Finding {
		if len(m.Options.Brokers) > 1 {
			return e.probeAll(ctx, m)
		}
		findings, _ := e.probe(ctx, m.About, m.Client(m.Options.Brokers...))
		return findings
	}}}
	if m.PasswordFile != "" && m.PasswordFile != systemd.Credential("mqtt-password") {
		list = append(list, e.checkSecret("broker", "password", m.PasswordFile))
	}
	if m.Options.TLS.KeyFile != "" {
		list = append(list, e.checkSecret("broker", "key", m.Options.TLS.KeyFile), checkOwnCertificate(m.Options.TLS))
	}
	return list
}

// probe goes the way of a message to the broker of o, which about is for people, and returns the state of the daemon
// that the broker keeps.
func (e *examination) probe(ctx context.Context, about string, o mqtt.Options) (findings []Finding, daemon string) {
	r, err := mqtt.Probe(ctx, o, e.wanted())
	if err != nil {
		return []Finding{{State: Fault, Found: err.Error(), Fix: "see the section mqtt of the config file"}}, ""
	}
	for _, s := range r.Steps {
		findings = append(findings, stepFinding(about, s))
	}
	for _, a := range r.Advice {
		findings = append(findings, Finding{Check: "addresses", State: Warning, Found: about + ": " + a.What, Fix: a.Mend})
	}
	findings = append(findings, certificateAge(r.Expires, time.Now())...)
	if r.Other {
		findings = append(findings, otherDaemon(about, o))
	}
	return append(findings, rightsFindings(about, r.Rights)...), r.Daemon
}

// probeAll probes each address of a broker, all at once, and looks whether they are of one broker. Each finding says of which address
// it is. The daemon needs one: what is wrong with another is a warning, and a fault if nothing is well anywhere.
func (e *examination) probeAll(ctx context.Context, m *plan.MQTT) []Finding {
	addresses := m.Options.Brokers
	found := make([][]Finding, len(addresses))
	var all sync.WaitGroup
	for i, at := range addresses {
		all.Go(func() {
			others := slices.Delete(slices.Clone(addresses), i, i+1)
			found[i], _ = e.probe(ctx, at.String(), m.Client(append([]mqtt.Address{at}, others...)...))
		})
	}
	all.Wait()
	well := 0
	var list []Finding
	for i, at := range addresses {
		bad := slices.ContainsFunc(found[i], func(f Finding) bool { return f.State == Fault })
		if !bad {
			well++
		}
		for _, f := range found[i] {
			if about := at.String() + ": "; !strings.HasPrefix(f.Found, about) {
				f.Found = about + f.Found
			}
			list = append(list, f)
		}
	}
	for i := range list {
		if list[i].State == Fault && well > 0 {
			list[i].State = Warning
		}
	}
	if well > 1 {
		list = append(list, apart(ctx, m.Client(addresses...))...)
	}
	return list
}

// apart is about addresses that are not of one broker.
func apart(ctx context.Context, o mqtt.Options) (findings []Finding) {
	from, others, err := mqtt.Apart(ctx, o)
	if err != nil {
		return nil // the probes have told
	}
	for _, at := range others {
		findings = append(findings, Finding{Check: "cluster", State: Warning,
			Found: fmt.Sprintf("what is published at %s does not come to %s: who listens at one of them misses what is told to the other", from, at),
			Fix:   "join the two to one cluster or bridge them (" + text.Doc("brokers.md") + "); or remove one of them from mqtt.broker"})
	}
	if len(findings) == 0 {
		findings = []Finding{{Check: "cluster", State: OK, Found: "what is published at one address comes to all"}}
	}
	return findings
}

// otherDaemon is about a daemon of another machine that uses the prefix, and so most likely the client id: the copy of a card.
func otherDaemon(about string, o mqtt.Options) Finding {
	return Finding{Check: "prefix", State: Warning, Found: fmt.Sprintf("%s: the daemon of another machine is online below %s", about, o.Prefix),
		Fix: "if one is to run on this machine too, give it a device of its own (and another mqtt.prefix and mqtt.client_id, if they are set); " +
			"of the copy of a card also /etc/machine-id"}
}

// wanted is what the plan would publish.
func (e *examination) wanted() (w mqtt.Wanted) {
	w.Boot = e.root.text("/proc/sys/kernel/random/boot_id")
	const head, prediction = 1024, 128 // bytes of a result, and of each of its predictions
	for _, name := range slices.Sorted(maps.Keys(e.plan.Cameras)) {
		cam := e.plan.Cameras[name]
		listed := publish.Listed{Name: name, Taught: cam.Taught != ""}
		w.Largest = max(w.Largest, head+prediction*cam.TopK)
		if s := cam.Snapshot; s != nil && s.MQTT {
			listed.Snapshots, listed.Why = true, s.Why
			w.Largest = max(w.Largest, s.Picture.MaxBytes)
		}
		w.Cameras = append(w.Cameras, listed)
	}
	return w
}

// rightsFindings are about what the broker lets us do, if it has told.
func rightsFindings(about string, r *mqtt.Rights) (findings []Finding) {
	if r == nil {
		return nil
	}
	for _, a := range r.Advice {
		f := Finding{Check: "rights", State: Fault, Found: about + ": " + a.What, Fix: a.Mend}
		if a.Works {
			f.State = Warning
		}
		findings = append(findings, f)
	}
	if len(findings) == 0 && r.Asked > 0 {
		findings = []Finding{{Check: "rights", State: OK, Found: fmt.Sprintf("all %d topics of this config may be written", r.Asked)}}
	}
	return findings
}

// stepFinding is what a step of a probe of a broker has found.
func stepFinding(about string, s mqtt.Step) Finding {
	f := Finding{Check: s.Name, State: OK, Found: fmt.Sprintf("%s (%v)", s.Found, s.Took.Round(100*time.Microsecond))}
	if s.Err != nil {
		f.State, f.Found, f.Fix = Fault, about+": "+s.Found, s.Mend
		if !strings.Contains(s.Err.Error(), s.Found) { // else the error says nothing more
			f.Found += fmt.Sprintf(" (%v)", s.Err)
		}
	}
	return f
}

// certificateAge warns before the broker's certificate is over.
func certificateAge(end, now time.Time) []Finding {
	const soon = 14 * 24 * time.Hour
	if end.IsZero() || end.Sub(now) > soon {
		return nil
	}
	return []Finding{{Check: "certificate", State: Warning, Fix: "renew it on the broker",
		Found: "the broker's certificate is valid until " + end.UTC().Format(time.DateOnly)}}
}

// checkOwnCertificate looks at the certificate by which the broker is to know us.
func checkOwnCertificate(t mqtt.TLS) Check {
	return Check{Area: "broker", Name: "our certificate", Run: func(context.Context) []Finding {
		a := mqtt.CheckCertificate(t, time.Now())
		switch {
		case a == nil:
			return nil // good, or unreadable, which its own line says
		case a.Works:
			return one(Warning, a.Mend, "%s", a.What)
		}
		return one(Fault, a.Mend, "%s", a.What)
	}}
}

// checkEmbedded looks whether the embedded broker can have its port, or who has it.
func (e *examination) checkEmbedded(ctx context.Context) []Finding {
	listen := e.plan.MQTT.Listen
	l, err := net.Listen("tcp", listen)
	if err == nil {
		l.Close()
		return []Finding{{State: OK, Found: listen + " is free for it"}}
	}
	_, port, _ := net.SplitHostPort(listen)
	number, _ := strconv.Atoi(port) // the plan was checked
	holders, taken := findListeners(e.root, number)
	url := "mqtt://" + listen
	findings, daemon := e.probe(ctx, url, e.plan.MQTT.Client(mqtt.Address{URL: url}))
	by := e.daemonOf(holders)
	if by == "" && len(holders) == 0 && daemon == "online" {
		by = "inceptiond"
	}
	if by != "" {
		return append([]Finding{{State: OK, Found: fmt.Sprintf("%s runs and listens at %s", by, listen)}}, findings...)
	}
	return []Finding{{State: Fault, Found: fmt.Sprintf("%s cannot be had: %v; %s has it", listen, err, nameHolders(holders, taken)),
		Fix: fmt.Sprintf("set mqtt.listen to another port; or use that broker, if it is one: mqtt.broker: mqtt://%s", listen)}}
}

// nameHolders says who has a port, as far as findListeners could tell.
func nameHolders(holders []proc.Holder, taken bool) string {
	switch {
	case len(holders) > 0:
		return proc.Names(holders)
	case taken && os.Geteuid() != 0:
		return "another program (as root this command can say which)"
	}
	return "another program"
}
