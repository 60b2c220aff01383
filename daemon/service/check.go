package service

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/daemon/plan"
	"github.com/inceptiond/inceptiond/infer/engines"
	"github.com/inceptiond/inceptiond/internal/secret"
	"github.com/inceptiond/inceptiond/publish/mqtt"
	"github.com/inceptiond/inceptiond/publish/web"
)

// Check builds what can be built of p without a camera or a broker, and takes it down again. Its error names all that
// cannot be used; notes say what may surprise.
func Check(ctx context.Context, p *plan.Plan) (notes []string, err error) {
	b := &builder{log: zap.NewNop(), old: noParts()}
	built := &parts{plan: p, models: map[string]*model{}, cameras: map[string]*camera{}}
	err = errors.Join(b.buildModels(ctx, built), b.buildCameras(ctx, built), b.buildGPIO(built))
	for _, m := range sorted(built.models) {
		notes = append(notes, notesOf(m.Model)...)
	}
	for _, c := range sorted(built.cameras) {
		if c.lacks != "" {
			notes = append(notes, fmt.Sprintf("camera %s: %s", c.name, c.lacks))
		}
	}
	notes = append(notes, checkSnapshots(p)...)
	notes = append(notes, checkCollect(p)...)
	idle, wrong := checkFiles(ctx, p)
	return append(notes, idle...), errors.Join(err, wrong, built.close(noParts()))
}

// notesOf are the notes about a model, with its name.
func notesOf(m *engines.Model) (notes []string) {
	for _, n := range m.Notes {
		notes = append(notes, fmt.Sprintf("model %s: %s", m.Name, n.Text))
	}
	return notes
}

// CheckFiles is the part of Check that looks at the files that p names, and at nothing else of it.
func CheckFiles(ctx context.Context, p *plan.Plan) error {
	_, used := checkModels(ctx, p.Models)
	_, others := checkFiles(ctx, p)
	return errors.Join(used, others)
}

// checkFiles looks at the files of p but for the models that its cameras use.
func checkFiles(ctx context.Context, p *plan.Plan) (notes []string, err error) {
	notes, err = checkModels(ctx, p.Idle)
	said, wrong := checkMQTT(p.MQTT)
	return append(notes, said...), errors.Join(err, wrong, checkCameras(p), checkPage(p.Web.TLS))
}

// checkPage looks at the certificate of the page. The page itself goes on without one that is broken, and says so; somebody who
// changes it there would see that no more.
func checkPage(t web.TLS) error {
	if t == (web.TLS{}) {
		return nil
	}
	if _, err := tls.LoadX509KeyPair(t.CertFile, t.KeyFile); err != nil {
		return fmt.Errorf("web.tls: %w", err)
	}
	return nil
}

// checkModels loads models, one by one, and lets them go.
func checkModels(ctx context.Context, list map[string]engines.Options) (notes []string, err error) {
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(list)) {
		m, err := engines.Load(ctx, name, list[name], zap.NewNop())
		if err != nil {
			errs = append(errs, err)
			continue
		}
		notes = append(notes, notesOf(m)...)
		errs = append(errs, m.Close())
	}
	return notes, errors.Join(errs...)
}

// checkMQTT looks at what a client of a broker needs.
func checkMQTT(m *plan.MQTT) (notes []string, err error) {
	if m == nil {
		return nil, nil
	}
	err = secret.Check(m.PasswordFile)
	if err != nil {
		err = fmt.Errorf("mqtt.password_file: %w", err)
	}
	if m.Listen == "" {
		err = errors.Join(err, mqtt.Check(m.Client(m.Options.Brokers...)))
	}
	switch a := mqtt.CheckCertificate(m.Options.TLS, time.Now()); {
	case a == nil:
	case a.Works:
		notes = append(notes, fmt.Sprintf("%s: %s", a.What, a.Mend))
	default:
		err = errors.Join(err, fmt.Errorf("mqtt.tls.cert_file: %s: %s", a.What, a.Mend))
	}
	return notes, err
}

// checkCameras looks at the password files of cameras, and at the other files that those open who can tell.
func checkCameras(p *plan.Plan) error {
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(p.Cameras)) {
		cam := p.Cameras[name]
		if err := secret.Check(cam.PasswordFile); err != nil {
			errs = append(errs, fmt.Errorf("camera %q: password_file: %w", name, err))
		}
		if o, ok := cam.Opener.(interface{ Check() error }); ok {
			if err := o.Check(); err != nil {
				errs = append(errs, fmt.Errorf("camera %q: %w", name, err))
			}
		}
	}
	return errors.Join(errs...)
}
