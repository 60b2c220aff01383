package quantize

import (
	"context"

	"github.com/inceptiond/inceptiond/infer/model"
)

// Equalized is m with levels traded between layers, still in float32; nil if no layer has much to gain.
func Equalized(ctx context.Context, m *model.Model, o Options) (*model.Model, error) {
	j, err := newJob(m, o)
	if err == nil {
		err = j.measure(ctx)
	}
	if err != nil {
		return nil, err
	}
	other, err := j.equalized(ctx)
	if other == nil {
		return nil, err
	}
	return other.ready, err
}
