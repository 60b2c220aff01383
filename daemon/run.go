package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/inceptiond/inceptiond/config"
	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/mqtt"
	"github.com/inceptiond/inceptiond/systemd"
)

// runOptions are the flags of `inceptiond run`.
type runOptions struct {
	file   string // config file; empty: the defaults
	broker string // instead of mqtt.broker
	listen string // instead of mqtt.listen
	output string // what standard output gets: "auto", "text", "json" or "none"
}

func runCommand(std streams) *cobra.Command {
	var o runOptions
	cmd := &cobra.Command{
		Use:   "run",
		Short: "run the daemon",
		Long: "Runs the cameras of a config file until it is interrupted or all pictures are done. Without a file it\n" +
			"shows drawn scenes to the built-in demo model and publishes to the embedded broker.",
		Example: "  inceptiond run\n  inceptiond run -c /etc/inceptiond/inceptiond.yaml\n  inceptiond run --listen 127.0.0.1:1884\n" +
			"  inceptiond run --broker mqtt://broker.local",
		Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runDaemon(cmd.Context(), std, o)
		},
	}
	f := cmd.Flags()
	f.StringVarP(&o.file, "config", "c", "", "config file (default: none; `inceptiond config` prints the defaults)")
	f.StringVar(&o.broker, "broker", "", "instead of the file's mqtt.broker: embedded, off or a URL")
	f.StringVar(&o.listen, "listen", "", "instead of the file's mqtt.listen: where the embedded broker listens")
	f.StringVar(&o.output, "output", "auto", "results on standard output: text, json, none, or auto: text unless systemd reads it")
	return cmd
}

// runDaemon loads the config, builds the parts, runs them and takes them down again.
func runDaemon(ctx context.Context, std streams, o runOptions) error {
	hangups := make(chan os.Signal, 1)
	if o.file != "" { // without a file there is nothing to read again: a terminal that hangs up ends us
		signal.Notify(hangups, syscall.SIGHUP)
		defer signal.Stop(hangups)
	}
	signal.Ignore(syscall.SIGPIPE) // a closed standard output is an error of its writer, see sink
	c, err := loadConfig(o)
	if err != nil {
		return err
	}
	log, logging, err := newLogger(std.err, c.Log)
	if err != nil {
		return err
	}
	mqtt.BridgeLogs(limitRepeats(log.Named("paho")))
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	d, err := newDaemon(o, log, logging, stop)
	if err != nil {
		return err
	}
	err = d.start(ctx, std, c)
	if err == nil {
		err = d.live(ctx, hangups)
	}
	return errors.Join(err, d.close())
}

// start makes the first config, c, run.
func (d *daemon) start(ctx context.Context, std streams, c *config.Config) error {
	if err := d.addLines(std.out, c); err != nil {
		return err
	}
	first, err := d.build(ctx, c)
	if err != nil {
		return err
	}
	announce(first, d.log, std, d.options.output)
	if err := d.take(ctx, first); err != nil {
		return err
	}
	d.reportConfig(publish.ConfigApplied, nil)
	return nil
}

// loadConfig reads the file and lays the flags over it.
func loadConfig(o runOptions) (*config.Config, error) {
	defaults := config.Default()
	c := &defaults
	if o.file != "" {
		var err error
		if c, err = config.Load(o.file); err != nil {
			return nil, err
		}
	}
	c.MQTT.Broker = cmp.Or(config.URL(o.broker), c.MQTT.Broker)
	c.MQTT.Listen = cmp.Or(o.listen, c.MQTT.Listen)
	if c.Device == "" {
		c.Device = hostDevice()
	}
	return c, c.Validate()
}

// mqttOptions is what c says about the broker at url.
func mqttOptions(c *config.Config, url config.URL) mqtt.Options {
	m := c.MQTT
	return mqtt.Options{
		Broker: string(url), Device: c.Device, Prefix: cmp.Or(m.Prefix, "inceptiond/"+c.Device), ClientID: cmp.Or(m.ClientID, clientID(c.Device)),
		Username: m.Username, Password: passwordSource(m), TLS: mqtt.TLS(m.TLS),
		KeepAlive: m.KeepAlive, QoS: byte(m.QoS), MaxRate: m.MaxRate, Queue: m.Queue,
		Spool: mqtt.Spool{Dir: spoolDir(c), MaxBytes: int64(m.Spool.MaxBytes), MaxAge: m.Spool.MaxAge, MaxWrites: m.Spool.MaxWrites},
	}
}

// spoolDir is where events wait for the broker; empty: in memory. The embedded broker is there whenever we are.
func spoolDir(c *config.Config) string {
	path := c.MQTT.Spool.Path
	switch {
	case path == config.SpoolOff:
		return ""
	case path != "":
		return path
	case c.MQTT.Broker == config.BrokerEmbedded:
		return ""
	}
	if dir := systemd.StateDirectory(); dir != "" {
		return filepath.Join(dir, "spool")
	}
	state := os.Getenv("XDG_STATE_HOME") // XDG Base Directory Specification
	if !filepath.IsAbs(state) {
		home, err := os.UserHomeDir()
		if err != nil {
			return ""
		}
		state = filepath.Join(home, ".local", "state")
	}
	return filepath.Join(state, "inceptiond", c.Device, "spool")
}

// passwordSource reads the broker's password from its file, or from systemd's credential; nil if there is neither.
func passwordSource(m config.MQTT) func() (string, error) {
	path := cmp.Or(m.PasswordFile, systemd.Credential("mqtt-password"))
	if path == "" || m.Username == "" {
		return nil
	}
	return func() (string, error) { return config.ReadSecret(path) }
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
