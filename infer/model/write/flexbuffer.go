package write

import (
	"encoding/binary"
	"maps"
	"math"
	"slices"

	"github.com/inceptiond/inceptiond/infer/model"
)

// Detection is d as the options of a custom operator: a flexbuffer with the names and types that TensorFlow Lite's converter
// writes.
func Detection(d model.DetectionPostProcess) []byte {
	integer := func(n int) flexNumber { return flexNumber{1, uint32(int32(n))} }
	float := func(x float32) flexNumber { return flexNumber{3, math.Float32bits(x)} }
	regular := flexNumber{kind: 26}
	if d.Regular {
		regular.bits = 1
	}
	return flexMap(map[string]flexNumber{
		"max_detections":            integer(d.MaxDetections),
		"max_classes_per_detection": integer(d.MaxClasses),
		"num_classes":               integer(d.Classes),
		"use_regular_nms":           regular,
		"detections_per_class":      integer(d.PerClass),
		"nms_score_threshold":       float(d.ScoreThreshold),
		"nms_iou_threshold":         float(d.Overlap),
		"y_scale":                   float(d.ScaleY),
		"x_scale":                   float(d.ScaleX),
		"h_scale":                   float(d.ScaleH),
		"w_scale":                   float(d.ScaleW),
	})
}

// flexNumber is a number in a flexbuffer: its kind (1 an integer, 3 a float, 26 truth), and its 32 bits.
type flexNumber struct {
	kind uint8
	bits uint32
}

// flexMap is a flexbuffer that is a map of numbers, all of it 4 bytes wide: the keys, a vector of distances back to them, the
// values with their types behind them, and the root, which is the distance back to the values.
func flexMap(members map[string]flexNumber) []byte {
	const width, packed = 4, 2 // bytes, and as a power of 2
	names := slices.Sorted(maps.Keys(members))
	var b []byte
	at := make([]int, len(names))
	for i, name := range names {
		at[i] = len(b)
		b = append(append(b, name...), 0)
	}
	for len(b)%width != 0 {
		b = append(b, 0)
	}
	put := func(x int) { b = binary.LittleEndian.AppendUint32(b, uint32(x)) }
	put(len(names))
	keys := len(b)
	for _, to := range at {
		put(len(b) - to)
	}
	put(len(b) - keys)
	put(width)
	put(len(names))
	values := len(b)
	for _, name := range names {
		put(int(members[name].bits))
	}
	for _, name := range names {
		b = append(b, members[name].kind<<2|packed)
	}
	for len(b)%width != 0 {
		b = append(b, 0)
	}
	put(len(b) - values)
	return append(b, 9<<2|packed, width)
}
