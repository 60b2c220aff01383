package service

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/inceptiond/inceptiond/daemon/bundle"
	"github.com/inceptiond/inceptiond/daemon/doctor"
	"github.com/inceptiond/inceptiond/daemon/plan"
	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/engines"
	"github.com/inceptiond/inceptiond/internal/secret"
	"github.com/inceptiond/inceptiond/internal/text"
	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/web"
)

var _ web.Bundler = (*Service)(nil)

// Bundle gathers what another person needs to see what this daemon sees; see [web.Bundler].
func (s *Service) Bundle(ctx context.Context, wish web.BundleWish, tell func(doing string)) (*bundle.Bundle, error) {
	v := s.inForce.Load()
	if v == nil {
		return nil, errors.New("the daemon has not started yet")
	}
	g := &gathering{
		wish: wish, plan: v.plan, models: v.models, cameras: v.cameras, version: s.options.Version, source: s.source(),
		doctor: s.Doctor, log: s.logging.last.all, retained: s.out.newest, begin: func() {}, end: func() {},
	}
	return g.make(ctx, s.options.About, tell)
}

// gathering is a bundle that is being made.
type gathering struct {
	wish      web.BundleWish
	plan      *plan.Plan
	models    []*model  // that are loaded
	cameras   []*camera // that there are, and shall be in it
	version   string
	source    string // the config file
	frameless error  // why no frames could be taken; nil: nothing hindered
	begin     func() // called when all frames that come will be taken
	end       func() // called when no more are taken

	doctor   func(ctx context.Context, found func(web.Finding)) error
	log      func() [][]byte          // the last lines; nil: there are none
	retained func() []publish.Message // nil: nothing was published

	bundle  *bundle.Bundle
	clean   *secret.Redactor
	taken   []*taking
	report  doctor.Report
	ailment error // why the report is not whole
}

// make gathers all that is wished. The error is about that, or ctx's.
func (g *gathering) make(ctx context.Context, about bundle.Manifest, tell func(doing string)) (*bundle.Bundle, error) {
	if err := g.choose(); err != nil {
		return nil, err
	}
	about.Created, about.Device = time.Now(), g.plan.Device
	g.bundle, g.clean = bundle.New(about), redactor(g.plan)
	if g.wish.Frames > 0 {
		tell("taking frames")
		g.record(ctx)
		g.end()
	}
	tell("checking the machine") // which takes the machine's time, and would find cameras in use
	g.examine(ctx)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return g.bundle, g.fill()
}

// choose leaves the cameras whose frames are wished. The error is about what is wished.
func (g *gathering) choose() error {
	if g.wish.Frames < 0 || g.wish.Frames > MaxBundleFrames {
		return fmt.Errorf("%d frames of a camera (want 0 to %d)", g.wish.Frames, MaxBundleFrames)
	}
	for _, name := range g.wish.Cameras {
		if _, there := g.plan.Cameras[name]; !there {
			return fmt.Errorf("camera %.80q: %w", name, web.ErrNone)
		}
	}
	if len(g.wish.Cameras) > 0 {
		g.cameras = slices.DeleteFunc(slices.Clone(g.cameras), func(c *camera) bool { return !slices.Contains(g.wish.Cameras, c.name) })
	}
	return nil
}

// MaxBundleFrames is the most frames of a camera in a bundle.
const MaxBundleFrames = 1000

// redactor knows the secrets of a plan: those that the config has, and those in files that it names.
func redactor(p *plan.Plan) *secret.Redactor {
	secrets := slices.Clone(p.Evidence.Secrets)
	files := map[string]bool{}
	if p.MQTT != nil {
		files[p.MQTT.PasswordFile] = true
	}
	plain := []string{p.Device}
	for name, c := range p.Cameras {
		files[c.PasswordFile] = true
		plain = append(plain, name, c.Model)
	}
	for path := range files {
		if password, err := secret.Read(path); path != "" && err == nil {
			secrets = append(secrets, password)
		}
	}
	return secret.NewRedactor(secrets, plain)
}

// fill puts everything into the bundle.
func (g *gathering) fill() error {
	b := g.bundle
	g.listModels()
	err := errors.Join(g.addConfig(), g.addDoctor(), g.addLog(), g.addMessages(), g.addLabels())
	if g.wish.Files != nil {
		for _, f := range g.wish.Files() {
			err = errors.Join(err, b.Add(f.Name, f.About, g.clean.JSON(f.Data)))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(g.plan.Cameras)) {
		c := bundle.Camera{Name: name, Model: g.plan.Cameras[name].Model}
		if normal := g.plan.Cameras[name].Normal; normal != nil {
			c.Normal = normal.Stamp
		}
		b.Manifest.Cameras = append(b.Manifest.Cameras, c)
	}
	for _, t := range g.taken {
		err = errors.Join(err, t.add(b))
	}
	switch {
	case g.frameless != nil:
		b.Leave("%s", g.clean.Text("frames: none could be taken: "+g.frameless.Error()))
	case g.wish.Frames == 0:
		b.Leave("frames: nobody asked for them")
	}
	g.leaveOut()
	return err
}

// addConfig adds the config in force.
func (g *gathering) addConfig() error {
	e := g.plan.Evidence
	if e.Config == nil {
		g.bundle.Leave("%s", g.clean.Text("config: it cannot be used: "+e.Problem))
		return nil
	}
	return g.bundle.Add(bundle.ConfigName, "the config in force, without secrets and comments", e.Config)
}

// leaveOut says what somebody may miss.
func (g *gathering) leaveOut() {
	g.bundle.Leave("models: their names and hashes are in %s, they themselves are not", bundle.ManifestName)
	for _, m := range g.models {
		switch {
		case m.Taught != nil:
			g.bundle.Leave("model %s: it was taught here; the pictures that it was taught with are not in a bundle", m.Name)
		case m.People != nil:
			g.bundle.Leave("model %s: whom it knows is not in a bundle", m.Name)
		case m.Stateful && g.wish.Frames > 0 && !keepsLittle(m.Engine):
			g.bundle.Leave("model %s: what it keeps from frame to frame is not in a bundle: it is more than %d KiB, or inside of TensorFlow Lite; a replay begins without",
				m.Name, bundle.MaxKept>>10)
		}
	}
	taught := slices.ContainsFunc(g.models, func(m *model) bool { return m.Taught != nil || m.People != nil })
	for _, name := range slices.Sorted(maps.Keys(g.plan.Cameras)) {
		if g.plan.Cameras[name].Normal != nil {
			g.bundle.Leave("camera %s: the pictures of what is normal are not in a bundle", name)
			taught = true
		}
	}
	if folder, err := filepath.Abs(g.plan.Teach.Folder); taught && err == nil {
		g.bundle.Manifest.Teach = folder
	}
}

// keepsLittle tells whether an engine says what it keeps from frame to frame, and that is no more than a bundle takes.
func keepsLittle(e infer.Engine) bool {
	k, ok := e.(infer.Keeper)
	return ok && k.KeptBytes() > 0 && k.KeptBytes() <= bundle.MaxKept
}

// listModels names the models of the config. Those that are not loaded are read for their hash.
func (g *gathering) listModels() {
	all := maps.Clone(g.plan.Models)
	maps.Copy(all, g.plan.Idle)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		o := all[name]
		m := bundle.Model{Name: name, File: o.Anywhere(), Bytes: o.FileSize()}
		i := slices.IndexFunc(g.models, func(m *model) bool { return m.Name == name })
		var err error
		if i >= 0 {
			m.SHA256, m.People = g.models[i].SHA256, g.models[i].PeopleVersion()
		} else if m.SHA256, err = engines.Hash(o); err != nil {
			g.bundle.Leave("%s", g.clean.Text(fmt.Sprintf("model %s: its hash: %v", name, err)))
		}
		g.bundle.Manifest.Models = append(g.bundle.Manifest.Models, m)
	}
}

// maxLabels is the most bytes of a model's labels.
const maxLabels = 256 << 10

// addLabels adds the labels of models that have a file of them.
func (g *gathering) addLabels() (err error) {
	for _, m := range g.models {
		if g.plan.Models[m.Name].Labels == "" || len(m.Labels) == 0 {
			continue
		}
		data := []byte(strings.Join(m.Labels, "\n") + "\n")
		if len(data) > maxLabels {
			g.bundle.Leave("model %s: its labels have %d bytes", m.Name, len(data))
			continue
		}
		err = errors.Join(err, g.bundle.Add(bundle.LabelsName(m.Name), "the labels of the model "+m.Name, data))
	}
	return err
}

// addLog adds the last lines of the log.
func (g *gathering) addLog() error {
	if g.log == nil {
		g.bundle.Leave("log, messages, how all is: no daemon was asked")
		return nil
	}
	lines := g.log()
	if len(lines) == 0 {
		g.bundle.Leave("log: nothing was logged")
		return nil
	}
	about := fmt.Sprintf("the last %s of the log", text.Plural(len(lines), "line"))
	return g.bundle.Add(bundle.LogName, about, g.clean.JSON(slices.Concat(lines...)))
}

// addMessages adds what the broker retains now.
func (g *gathering) addMessages() error {
	if g.retained == nil {
		return nil
	}
	decisions, others := map[string][]byte{}, []byte(nil)
	for _, m := range g.retained() {
		j, ok := m.(publish.JSON)
		if !ok {
			continue
		}
		key := m.Key()
		text := j.AppendJSON(nil)
		if _, decides := m.(publish.Decision); decides {
			decisions[key.Camera] = append(g.clean.JSON(text), '\n')
			continue
		}
		line, err := json.Marshal(bundle.Message{Topic: key.Topic(), Payload: text})
		if err != nil {
			return fmt.Errorf("bundle: %s: %w", key.Topic(), err)
		}
		others = append(append(others, g.clean.JSON(line)...), '\n')
	}
	var err error
	for _, camera := range slices.Sorted(maps.Keys(decisions)) {
		err = errors.Join(err, g.bundle.Add(bundle.DecisionsName(camera), "what is decided at camera "+camera+", and why", decisions[camera]))
	}
	if others == nil {
		return err
	}
	return errors.Join(err, g.bundle.Add(bundle.MessagesName, "what else the broker retains now", others))
}

// examine has the doctor look at the machine.
func (g *gathering) examine(ctx context.Context) {
	g.report = doctor.NewReport(g.version, g.source)
	g.report.Device = g.plan.Device
	g.ailment = g.doctor(ctx, func(f web.Finding) {
		g.report.Add(doctor.Finding{Area: f.Area, Check: f.Check, State: doctor.State(f.State), Found: f.Found, Fix: f.Fix})
	})
}

func (g *gathering) addDoctor() error {
	if g.ailment != nil {
		g.bundle.Leave("%s", g.clean.Text("doctor: "+g.ailment.Error()))
	}
	if len(g.report.Findings) == 0 {
		return nil
	}
	data, err := json.MarshalIndent(g.report, "", "  ")
	if err != nil {
		return err
	}
	return g.bundle.Add(bundle.DoctorName, "the doctor's report", append(g.clean.JSON(data), '\n'))
}
