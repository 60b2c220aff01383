package service

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/daemon/plan"
	"github.com/inceptiond/inceptiond/internal/secret"
	"github.com/inceptiond/inceptiond/publish/mqtt"
)

// Check builds what can be built of p without a camera or a broker, and takes it down again. Its error names all that
// cannot be used.
func Check(ctx context.Context, p *plan.Plan) error {
	b := &builder{log: zap.NewNop(), old: noParts()}
	built := &parts{plan: p, models: map[string]*model{}, cameras: map[string]*camera{}}
	err := b.buildModels(ctx, built)
	if err == nil {
		err = errors.Join(checkMQTT(p.MQTT), b.buildCameras(built), checkSecrets(p))
	}
	return errors.Join(err, built.close(noParts()))
}

// checkMQTT looks at what a client of a broker needs.
func checkMQTT(m *plan.MQTT) error {
	if m == nil {
		return nil
	}
	err := secret.Check(m.PasswordFile)
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
			errs = append(errs, fmt.Errorf("camera %q: %w", name, err))
		}
	}
	return errors.Join(errs...)
}
