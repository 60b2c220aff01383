package service

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/daemon/plan"
	"github.com/inceptiond/inceptiond/infer/engines"
	"github.com/inceptiond/inceptiond/internal/secret"
	"github.com/inceptiond/inceptiond/publish/mqtt"
)

// Check builds what can be built of p without a camera or a broker, and takes it down again. Its error names all that
// cannot be used.
func Check(ctx context.Context, p *plan.Plan) error {
	b := &builder{log: zap.NewNop(), old: noParts()}
	built := &parts{plan: p, models: map[string]*model{}, cameras: map[string]*camera{}}
	return errors.Join(b.buildModels(ctx, built), b.buildCameras(built), checkFiles(ctx, p), built.close(noParts()))
}

// CheckFiles is the part of Check that looks at the files that p names, and at nothing else of it.
func CheckFiles(ctx context.Context, p *plan.Plan) error {
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(p.Models)) {
		errs = append(errs, checkModel(ctx, name, p.Models[name]))
	}
	return errors.Join(errors.Join(errs...), checkFiles(ctx, p))
}

// checkFiles looks at the files of p but for the models that its cameras use.
func checkFiles(ctx context.Context, p *plan.Plan) error {
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(p.Idle)) {
		errs = append(errs, checkModel(ctx, name, p.Idle[name]))
	}
	return errors.Join(errors.Join(errs...), checkMQTT(p.MQTT), checkSecrets(p))
}

// checkModel loads a model, and lets it go.
func checkModel(ctx context.Context, name string, o engines.Options) error {
	m, err := engines.Load(ctx, name, o, zap.NewNop())
	if err != nil {
		return err
	}
	return m.Close()
}

// checkMQTT looks at what a client of a broker needs.
func checkMQTT(m *plan.MQTT) error {
	if m == nil {
		return nil
	}
	err := secret.Check(m.PasswordFile)
	if err != nil {
		err = fmt.Errorf("mqtt.password_file: %w", err)
	}
	if m.Listen == "" {
		err = errors.Join(err, mqtt.Check(m.Client(m.Options.Broker)))
	}
	return err
}

// checkSecrets looks at the password files of cameras.
func checkSecrets(p *plan.Plan) error {
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(p.Cameras)) {
		if err := secret.Check(p.Cameras[name].PasswordFile); err != nil {
			errs = append(errs, fmt.Errorf("camera %q: password_file: %w", name, err))
		}
	}
	return errors.Join(errs...)
}
