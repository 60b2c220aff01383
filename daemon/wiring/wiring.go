// Package wiring turns a config file into a plan: its sections into the options of the parts. Beside the commands it is
// the only package that knows the file.
package wiring

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/inceptiond/inceptiond/capture/hours"
	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/config"
	"github.com/inceptiond/inceptiond/daemon/governor"
	"github.com/inceptiond/inceptiond/daemon/plan"
	"github.com/inceptiond/inceptiond/infer/catalogue"
	"github.com/inceptiond/inceptiond/infer/engines"
	"github.com/inceptiond/inceptiond/infer/learn/store"
	"github.com/inceptiond/inceptiond/infer/preprocess"
	"github.com/inceptiond/inceptiond/infer/task"
	"github.com/inceptiond/inceptiond/publish/metrics"
)

// Flags are what the command line says instead of the file; what is empty says nothing.
type Flags struct {
	Brokers []string // instead of mqtt.broker
	Listen  string   // instead of mqtt.listen
}

// Arguments are the flags as a command line has them.
func (f Flags) Arguments() (args []string) {
	for _, b := range f.Brokers {
		args = append(args, "--broker="+b)
	}
	if f.Listen != "" {
		args = append(args, "--listen="+f.Listen)
	}
	return args
}

// Load reads the config file at path, or takes the defaults if path is empty, and lays flags over it. What it returns is
// checked, and its device has a name. The error is a *config.Error if the file could be read, or wraps ErrFlags.
func Load(path string, flags Flags) (*config.Config, error) {
	defaults := config.Default()
	c := &defaults
	if path != "" {
		var err error
		if c, err = config.Load(path, checkCatalogue, checkHours, checkSnapshots, checkTeach); err != nil {
			return nil, err
		}
	}
	if err := flags.over(c); err != nil {
		return nil, err
	}
	return c, nil
}

// over lays flags over a file, and gives the device a name if the file has none.
func (f Flags) over(c *config.Config) error {
	if len(f.Brokers) > 0 {
		c.MQTT.Broker = nil
	}
	for _, b := range f.Brokers {
		c.MQTT.Broker = append(c.MQTT.Broker, config.Broker{URL: config.URL(b)})
	}
	c.MQTT.Listen = cmp.Or(f.Listen, c.MQTT.Listen)
	c.Device = cmp.Or(c.Device, hostDevice())
	return f.check(c)
}

// checkCatalogue finds the models that are to be of the catalogue, and are not in it. Whether they have been fetched is
// another question.
func checkCatalogue(c *config.Config) (bad []config.Problem) {
	for name, m := range c.Models {
		if err := findModel(m); err != nil {
			bad = append(bad, config.Problem{Key: config.Key("models", name, "file"), Message: err.Error()})
		}
	}
	return bad
}

// checkHours finds the entries of hours that say no time.
func checkHours(c *config.Config) (bad []config.Problem) {
	for name, cam := range c.Cameras {
		for i, entry := range cam.Hours {
			if _, err := hours.Parse(entry); err != nil {
				key := fmt.Sprintf("%s[%d]", config.Key("cameras", name, "hours"), i)
				bad = append(bad, config.Problem{Key: key, Message: err.Error()})
			}
		}
	}
	return bad
}

// findModel tells whether m is in the catalogue, if it is to be of it.
func findModel(m config.Model) error {
	if !strings.HasPrefix(m.File, catalogue.Prefix) {
		return nil
	}
	_, err := catalogue.Find(m.File)
	return err
}

// ErrFlags marks flags that are not possible, by themselves or with the file.
var ErrFlags = errors.New("command line")

// check looks at c, which was good before the flags were laid over it.
func (f Flags) check(c *config.Config) error {
	var bad *config.Error
	if !errors.As(c.Validate(), &bad) {
		return nil
	}
	err := ErrFlags
	for _, p := range bad.Problems {
		key, _, _ := strings.Cut(p.Key, "[")
		flag := map[string]string{"mqtt.broker": "--broker", "mqtt.listen": "--listen"}[key]
		err = fmt.Errorf("%w: %s: %s", err, cmp.Or(flag, "--broker, --listen with "+p.Key), p.Message)
	}
	return err
}

// Plan is what c, as [Load] returns it, asks for. With an error it is what can be told of it.
func Plan(c *config.Config) (*plan.Plan, error) {
	p := &plan.Plan{
		Device: c.Device, Log: plan.Log(c.Log), MQTT: planMQTT(c), GPIO: planGPIO(c),
		Models: map[string]engines.Options{}, Cameras: map[string]plan.Camera{}, Idle: map[string]engines.Options{},
	}
	p.State, _ = stateDir(c.Device)
	p.Governor, p.Metrics = governor.Options(c.Governor), metrics.Options(c.Metrics)
	p.Web = planWeb(c, p.State)
	p.Teach = planTeach(c)
	p.Evidence.Config, p.Evidence.Secrets = c.Shared()
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(c.Cameras)) {
		cam := c.Cameras[name]
		camera, err := planCamera(cam)
		if err != nil {
			errs = append(errs, fmt.Errorf("camera %q: %w", name, err))
			continue
		}
		planDecision(&camera, c, name)
		planGate(&camera, c, name)
		planSnapshot(&camera, c, name)
		camera.Embedding = c.Models[cam.Model].PublishEmbedding
		planCollect(&camera, c, name)
		planNormal(&camera, c, name)
		p.Cameras[name] = camera
		for _, model := range cam.Models() {
			p.Models[model] = planModel(c, model)
		}
	}
	for name := range c.Models {
		if _, used := p.Models[name]; !used {
			p.Idle[name] = planModel(c, name)
		}
	}
	return p, errors.Join(errs...)
}

// LoadPlan is [Load] and [Plan].
func LoadPlan(path string, flags Flags) (*plan.Plan, error) {
	c, err := Load(path, flags)
	if err != nil {
		return nil, err
	}
	p, err := Plan(c)
	if err != nil {
		return nil, err
	}
	return p, nil
}

// Draft is what can be told of a file with mistakes: only to look at the files that it names.
func Draft(path string) *plan.Plan {
	c, err := config.Draft(path)
	if err != nil {
		return nil
	}
	if bad := new(config.Error); errors.As(c.Validate(), &bad) {
		for _, problem := range bad.Problems {
			if strings.HasPrefix(problem.Key, "mqtt.") {
				c.MQTT.Broker = config.BrokersAt(config.BrokerOff)
			}
		}
	}
	c.Device = cmp.Or(c.Device, hostDevice())
	p, _ := Plan(c) // what is missing has been told as a mistake of the file
	told := func(name string, _ engines.Options) bool {
		m, known := c.Models[name]
		return !known || findModel(m) != nil
	}
	maps.DeleteFunc(p.Models, told)
	maps.DeleteFunc(p.Idle, told)
	return p
}

// planModel is a model of c. People who see the page, or pictures of where it looks, may ask why it answers as it does.
func planModel(c *config.Config, name string) engines.Options {
	m := c.Models[name]
	o := engines.Options{
		File: m.File, SHA256: m.SHA256, Labels: m.Labels, Background: m.Background,
		Engine: m.Engine, Fallback: m.Fallback == "cpu", Deadline: m.Deadline, XNNPACK: m.XNNPACK,
		Threads: m.Threads, Memory: int(m.MemoryLimit),
		Mean: m.Mean, Std: m.Std, Scores: task.Scores(m.Scores), Task: m.Task, Decoder: m.Decoder, Anchors: numbers(m.Anchors), Explain: c.Web.Listen != "" || anyCamera(c, name, showsWhy),
		Scene: anyCamera(c, name, compares),
	}
	if taught, ok := m.Taught(); ok {
		o.SetTaught(store.Path(teachFolder(c), taught))
		o.Unknown = m.Unknown
	}
	if m.People != "" {
		o.People, o.MaxDistance = store.Path(teachFolder(c), m.People), m.MaxDistance
	}
	if m.EdgeTPU != nil {
		o.TPU = &engines.TPU{Device: m.EdgeTPU.Device, File: m.EdgeTPU.File}
	}
	return o
}

func planCamera(cam config.Camera) (plan.Camera, error) {
	pre, err := planPreprocess(cam)
	if err != nil {
		return plan.Camera{}, err
	}
	c := plan.Camera{
		Kind: cam.Source, KeepAll: cam.Source == config.SourceFiles, Finite: cam.Source == config.SourceFiles && !cam.Files.Loop,
		Model: cam.Model, TopK: cam.TopK, Threshold: cam.Threshold, MaxRate: cam.MaxRate, Preprocess: pre,
		Objects: planObjects(cam), Then: planThen(cam),
	}
	switch {
	case cam.HTTP != nil:
		c.PasswordFile = cam.HTTP.PasswordFile
	case cam.RTSP != nil:
		c.PasswordFile = cam.RTSP.PasswordFile
	}
	if cam.Source == config.SourceView {
		c.View = cam.View.Of
		return c, nil
	}
	flip, err := picture.ParseFlip(cam.Flip)
	if err != nil {
		return plan.Camera{}, err
	}
	c.Picture = picture.Options{Rotate: cam.Rotate, Flip: flip, Mask: polygons(cam.Mask)}
	c.Opener, err = newOpener(cam)
	return c, err
}

// planPreprocess is what a camera says about the way from frame to tensor.
func planPreprocess(cam config.Camera) (preprocess.Options, error) {
	fit, err := preprocess.ParseFit(cam.Fit)
	if err != nil {
		return preprocess.Options{}, err
	}
	fast, err := preprocess.ParseFastDecode(string(cam.FastDecode))
	return preprocess.Options{Region: preprocess.Region(cam.Region), Fit: fit, FastDecode: fast}, err
}
