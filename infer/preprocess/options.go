package preprocess

import (
	"fmt"
	"math"

	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/infer"
)

// Options says how a frame becomes a tensor. The zero value stretches the whole frame over the tensor.
type Options struct {
	Region Region // the part of the upright frame that is used; zero: all of it
	Fit    Fit
	Fill   [3]uint8 // R, G, B of the bars that Letterbox leaves; zero: black

	// Mean and Std normalize a channel's byte: real = (byte - Mean) / Std. They hold one number for all channels or
	// one for each, and are given both or neither. The package comment says what happens without them.
	Mean, Std []float32

	// FastDecode says which JPEGs are decoded at 1/2, 1/4 or 1/8 of their size, which takes less time. What is left out is
	// averaged by the inverse DCT instead of by the filter, which keeps edges sharper: with FastAlways photographs differ by
	// 0.3 to 2 levels in the mean, and up to 30 at a sharp edge.
	FastDecode FastDecode
}

// Region is the part of a frame that is used.
type Region = picture.Region

// Fit says how a region gets the shape of the tensor.
type Fit uint8

// The fits.
const (
	Stretch   Fit = iota // the region covers the tensor; its proportions change
	Crop                 // the largest centred part of the region with the tensor's proportions
	Letterbox            // the whole region, centred, with bars of Fill on two sides
)

// fits are their names.
func fits() []string { return []string{"stretch", "crop", "letterbox"} }

// String is the name of the fit in a config: "stretch", "crop" or "letterbox".
func (f Fit) String() string {
	if names := fits(); int(f) < len(names) {
		return names[f]
	}
	return fmt.Sprintf("Fit(%d)", uint8(f))
}

// ParseFit turns a name as String writes it into a Fit.
func ParseFit(s string) (Fit, error) {
	for f, name := range fits() {
		if s == name {
			return Fit(f), nil
		}
	}
	return 0, fmt.Errorf("preprocess: unknown fit %q (use one of %v)", s, fits())
}

// FastDecode says when a JPEG is decoded at a reduced size.
type FastDecode uint8

// The ways. The region stays larger than the tensor in all of them.
const (
	FastNever  FastDecode = iota // full size
	FastAlways                   // as small as may be
	FastAuto                     // only where it is hardly seen
)

// fastDecodes are their names.
func fastDecodes() []string { return []string{"false", "true", "auto"} }

// String is the way's name in a config: "false", "true" or "auto".
func (d FastDecode) String() string {
	if names := fastDecodes(); int(d) < len(names) {
		return names[d]
	}
	return fmt.Sprintf("FastDecode(%d)", uint8(d))
}

// ParseFastDecode turns a name as String writes it into a FastDecode.
func ParseFastDecode(s string) (FastDecode, error) {
	for d, name := range fastDecodes() {
		if s == name {
			return FastDecode(d), nil
		}
	}
	return 0, fmt.Errorf("preprocess: unknown fast-decode %q (use one of %v)", s, fastDecodes())
}

// autoRoom is the least pixels of a reduced picture for each cell of the tensor, in each direction, with FastAuto: so many that
// no photograph of daemon/pipeline's TestFastDecodeAuto gets another class. With 1.5 and 2 some did.
const autoRoom = 2.5

// room is the same for all ways.
func (d FastDecode) room() float64 {
	if d == FastAuto {
		return autoRoom
	}
	return 1
}

// validate checks everything in o but the normalization, which depends on the tensor.
func (o *Options) validate() error {
	if err := o.Region.Validate(); err != nil {
		return err
	}
	if o.Fit > Letterbox {
		return fmt.Errorf("preprocess: unknown fit %v", o.Fit)
	}
	if o.FastDecode > FastAuto {
		return fmt.Errorf("preprocess: unknown fast decode %v", o.FastDecode)
	}
	return nil
}

// normalization is real = (byte - mean) / std for each channel of the tensor.
type normalization struct {
	mean, std [3]float64
}

// normalization returns o's Mean and Std spread over the tensor's channels; ok is false if neither was given.
func (o *Options) normalization(s infer.TensorSpec, channels int) (n normalization, ok bool, err error) {
	if len(o.Mean) == 0 && len(o.Std) == 0 {
		return n, false, nil
	}
	for _, v := range [][]float32{o.Mean, o.Std} {
		if len(v) != 1 && len(v) != channels {
			return n, false, fmt.Errorf("preprocess: %d mean and %d std values for an input of %d channels (give 1 or %d of each)",
				len(o.Mean), len(o.Std), channels, channels)
		}
	}
	for c := range channels {
		mean, std := float64(o.Mean[c%len(o.Mean)]), float64(o.Std[c%len(o.Std)])
		if math.IsNaN(mean) || math.IsInf(mean, 0) || !(std > 0) || math.IsInf(std, 0) {
			return n, false, fmt.Errorf("preprocess: mean %g, std %g: want finite numbers and a std above 0", mean, std)
		}
		n.mean[c], n.std[c] = mean, std
	}
	if s.Type != infer.Float32 && !(s.Scale > 0) {
		return n, false, fmt.Errorf("preprocess: mean and std need a scale, but input %v has none (leave both out)", s)
	}
	return n, true, nil
}
