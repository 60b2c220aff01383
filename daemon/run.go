package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/config"
	"github.com/inceptiond/inceptiond/publish/broker"
	"github.com/inceptiond/inceptiond/publish/lines"
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
	c, err := loadConfig(o)
	if err != nil {
		return err
	}
	log, err := newLogger(std.err, c.Log.Level, c.Log.Format)
	if err != nil {
		return err
	}
	mqtt.BridgeLogs(limitRepeats(log.Named("paho")))
	signal.Ignore(syscall.SIGPIPE) // a closed standard output is an error of its writer, see sink
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	d := &daemon{config: c, log: log, sink: sink{log: limitRepeats(log.Named("publish")), deaf: stop}}
	if err := d.build(std.out, o.output); err != nil {
		return errors.Join(err, d.close())
	}
	d.announce(std, o.output)
	d.run(ctx)
	return d.close()
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

// daemon is all the parts of a running inceptiond. It owns them: close takes down what build has built.
type daemon struct {
	config  *config.Config
	log     *zap.Logger
	models  map[string]*sharedModel
	broker  *broker.Broker // nil unless embedded
	client  *mqtt.Client   // nil without MQTT
	sink    sink
	cameras []*camera
	about   []string // a line about each camera, for announce
}

func (d *daemon) build(out io.Writer, output string) (err error) {
	if d.models, err = loadModels(d.config); err != nil {
		return err
	}
	if err := d.buildLines(out, output); err != nil {
		return err
	}
	if err := d.buildCameras(); err != nil {
		return err
	}
	if err := d.buildMQTT(); err != nil {
		return err
	}
	for _, c := range d.cameras {
		c.sink = d.sink
	}
	return nil
}

// buildLines adds standard output to the sink.
func (d *daemon) buildLines(out io.Writer, output string) error {
	if output == "auto" {
		output = "text"
		if isJournal(out) {
			output = "none"
		}
	}
	switch output {
	case "text", "json":
		o := lines.Options{JSON: output == "json", Wait: d.onlyFiles()}
		d.sink.publishers = append(d.sink.publishers, lines.New(out, o))
	case "none":
	default:
		return usageError{fmt.Errorf("--output %q: want text, json, none or auto", output)}
	}
	return nil
}

// onlyFiles tells whether all there is to do is to work through pictures: then a slow reader of the results is waited
// for, as by any program in a pipe. A camera goes on without its reader.
func (d *daemon) onlyFiles() bool {
	for _, c := range d.config.Cameras {
		if c.Source != config.SourceFiles || c.Files.Loop {
			return false
		}
	}
	return true
}

// buildMQTT starts the embedded broker if it is wanted, and the client.
func (d *daemon) buildMQTT() (err error) {
	m := d.config.MQTT
	url := m.Broker
	switch m.Broker {
	case config.BrokerOff:
		return nil
	case config.BrokerEmbedded:
		d.broker, err = broker.Start(broker.Options{Listen: m.Listen}, d.log.Named("broker"))
		if errors.Is(err, syscall.EADDRINUSE) {
			err = fmt.Errorf("%w (or on the command line: --listen 127.0.0.1:1884, --broker mqtt://%s; after `make run`: ARGS=\"…\")", err, m.Listen)
		}
		if err != nil {
			return err
		}
		url = config.URL("mqtt://" + d.broker.Addr())
	}
	if d.client, err = mqtt.Open(mqttOptions(d.config, url), d.log.Named("mqtt")); err != nil {
		return err
	}
	d.sink.publishers = append(d.sink.publishers, d.client)
	return nil
}

// mqttOptions is what c says about the broker at url.
func mqttOptions(c *config.Config, url config.URL) mqtt.Options {
	m := c.MQTT
	return mqtt.Options{
		Broker: string(url), Device: c.Device, Prefix: m.Prefix, ClientID: cmp.Or(m.ClientID, clientID(c.Device)),
		Username: m.Username, Password: passwordSource(m), TLS: mqtt.TLS(m.TLS),
		KeepAlive: m.KeepAlive, QoS: byte(m.QoS), MaxRate: m.MaxRate, Queue: m.Queue,
	}
}

// passwordSource reads the broker's password from its file, or from systemd's credential; nil if there is neither.
func passwordSource(m config.MQTT) func() (string, error) {
	path := cmp.Or(m.PasswordFile, systemd.Credential("mqtt-password"))
	if path == "" || m.Username == "" {
		return nil
	}
	return func() (string, error) { return config.ReadSecret(path) }
}

// buildCameras makes a pipeline for each camera, in the order of their names.
func (d *daemon) buildCameras() error {
	clock, err := newClock()
	if err != nil {
		return err
	}
	names := make([]string, 0, len(d.config.Cameras))
	for name := range d.config.Cameras {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		c, err := d.buildCamera(name, clock)
		if err != nil {
			return fmt.Errorf("camera %q: %w", name, err)
		}
		d.cameras = append(d.cameras, c)
	}
	return nil
}

func (d *daemon) buildCamera(name string, clock clock) (*camera, error) {
	cam := d.config.Cameras[name]
	opt, err := preprocessOptions(cam, d.config.Models[cam.Model])
	if err != nil {
		return nil, err
	}
	eye, err := newClassifier(d.models[cam.Model], opt, cam.TopK, cam.Threshold)
	if err != nil {
		return nil, err
	}
	open, about, err := newOpener(cam)
	if err != nil {
		return nil, err
	}
	log := d.log.Named("camera").With(zap.String("camera", name))
	d.about = append(d.about, fmt.Sprintf("%s: %s, model %s", name, about, cam.Model))
	c := &camera{
		name: name, device: d.config.Device, open: open, keepAll: cam.Source == config.SourceFiles,
		retry: backoff{min: time.Second / 2, max: 30 * time.Second},
		eye:   eye, clock: clock, log: log, often: limitRepeats(log),
	}
	if cam.MaxRate > 0 {
		c.pause = time.Duration(float64(time.Second) / cam.MaxRate)
	}
	return c, nil
}

// run runs all cameras until ctx ends or they have no more pictures.
func (d *daemon) run(ctx context.Context) {
	var cameras sync.WaitGroup
	for _, c := range d.cameras {
		cameras.Go(func() { c.Run(ctx) })
	}
	cameras.Wait()
}

// close takes down whatever was built, publishers first so that the last messages still go out.
func (d *daemon) close() error {
	errs := []error{d.sink.close()}
	if d.broker != nil {
		errs = append(errs, d.broker.Close())
	}
	errs = append(errs, closeModels(d.models))
	d.log.Sync() // standard error of a terminal cannot be synced, and says so
	return errors.Join(errs...)
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
