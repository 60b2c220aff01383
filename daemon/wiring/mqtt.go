package wiring

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/inceptiond/inceptiond/config"
	"github.com/inceptiond/inceptiond/daemon/plan"
	"github.com/inceptiond/inceptiond/publish/homeassistant"
	"github.com/inceptiond/inceptiond/publish/mqtt"
	"github.com/inceptiond/inceptiond/systemd"
)

// planMQTT is what c says about the broker; nil: there is none.
func planMQTT(c *config.Config) *plan.MQTT {
	m := c.MQTT
	dir, noDir := spoolDir(c)
	p := &plan.MQTT{About: m.Broker.String(), UsualSpool: m.Spool.Path == "", Options: mqtt.Options{
		Device: c.Device, Prefix: cmp.Or(m.Prefix, "inceptiond/"+c.Device), ClientID: cmp.Or(m.ClientID, clientID(c.Device)),
		Username: m.Username, TLS: mqtt.TLS(m.TLS),
		KeepAlive: m.KeepAlive, QoS: byte(m.QoS), MaxRate: m.MaxRate, Queue: m.Queue,
		Spool: mqtt.Spool{Dir: dir, NoDir: noDir,
			MaxBytes: int64(m.Spool.MaxBytes), MaxAge: m.Spool.MaxAge, MaxWrites: m.Spool.MaxWrites},
		Commands: m.Commands,
	}, Report: m.Report}
	if h := m.HomeAssistant; h.Enabled {
		p.Options.HomeAssistant = &homeassistant.Options{Discovery: h.Prefix, StatusTopic: h.StatusTopic, Report: m.Report}
	}
	if m.Username != "" {
		p.PasswordFile = cmp.Or(m.PasswordFile, systemd.Credential("mqtt-password"))
	}
	switch {
	case m.Broker.Is(config.BrokerOff):
		return nil
	case m.Broker.Is(config.BrokerEmbedded):
		p.Listen = m.Listen
		return p
	}
	for _, b := range m.Broker {
		p.Options.Brokers = append(p.Options.Brokers, mqtt.Address{URL: string(b.URL), ServerName: b.ServerName})
	}
	return p
}

// spoolDir is where events wait for the broker; empty: in memory, and why if nobody wants that. The embedded broker is
// there whenever we are.
func spoolDir(c *config.Config) (dir, why string) {
	path := c.MQTT.Spool.Path
	switch {
	case path == config.SpoolOff:
		return "", ""
	case path != "":
		return path, ""
	case c.MQTT.Broker.Is(config.BrokerEmbedded):
		return "", ""
	}
	state, why := stateDir(c.Device)
	if state == "" {
		return "", why
	}
	return filepath.Join(state, "spool"), ""
}

// stateDir is the folder of what a daemon keeps over restarts; empty: there is none, and why.
func stateDir(device string) (dir, why string) {
	if dir := systemd.StateDirectory(); dir != "" {
		return dir, ""
	}
	state := os.Getenv("XDG_STATE_HOME") // XDG Base Directory Specification
	if !filepath.IsAbs(state) {
		home := os.Getenv("HOME")
		if !filepath.IsAbs(home) { // of cron, and of containers
			return "", "there is no folder for it: HOME is not set to one, nor is XDG_STATE_HOME"
		}
		state = filepath.Join(home, ".local", "state")
	}
	return filepath.Join(state, "inceptiond", device), ""
}

// hostDevice is the host's name without its domain, made fit for a topic.
func hostDevice() string {
	host, err := os.Hostname()
	if err != nil {
		return "device"
	}
	host, _, _ = strings.Cut(host, ".")
	fit := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_':
			return r
		}
		return '-'
	}, host)
	return cmp.Or(strings.Trim(fit, "-"), "device")
}

// clientID names this machine to a broker, also where two machines have the same host name (every Raspberry Pi starts
// out as "raspberrypi"): two clients of one name would throw each other out for ever. The machine's id itself is
// confidential (machine-id(5)), so a hash of it is used.
func clientID(device string) string {
	id, err := os.ReadFile("/etc/machine-id")
	if err != nil {
		return "inceptiond-" + device
	}
	sum := sha256.Sum256(append([]byte("inceptiond "), id...))
	return fmt.Sprintf("inceptiond-%s-%x", device, sum[:4])
}
