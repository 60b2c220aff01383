package quantize_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/cpu"
	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/quantize"
	"github.com/inceptiond/inceptiond/infer/tflite"
	"github.com/inceptiond/inceptiond/internal/gen/inception"
	"github.com/inceptiond/inceptiond/internal/gen/stored"
	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

// floatNetworks are small networks in float32 of the kinds that there are, by name.
func floatNetworks(t *testing.T) map[string]*model.Model {
	t.Helper()
	list := map[string]*model.Model{"mobilenet_v2": inception.MobileNet(96), "uneven": &uneven(model.OpDepthwiseConv2D, model.ReLU6).Model}
	for _, version := range []int{1, 3} {
		n, err := inception.New(version, inception.Options{Size: 96 + 11*(version/3), Width: 0.25})
		if err != nil {
			t.Fatal(err)
		}
		m, err := n.Float32()
		if err != nil {
			t.Fatal(err)
		}
		list[fmt.Sprintf("inception_v%d", version)] = m
	}
	return list
}

// ways are the ways to quantize, by name.
func ways() map[string]quantize.Options {
	usual := quantize.Options{Input: model.Uint8, Output: model.Uint8, Ranges: quantize.MinMax, Mean: []float32{127.5}, Std: []float32{127.5}}
	list := map[string]quantize.Options{"int8": usual}
	way := usual
	way.Uint8 = true
	list["uint8"] = way
	way.Mean, way.Std = []float32{123.675, 116.28, 103.53}, []float32{58.395, 57.12, 57.375}
	list["uint8, mean by channel"] = way
	way.Uint8, way.Input, way.Output = false, model.Int8, model.Int8
	list["int8, mean by channel"] = way
	way.Input, way.Output = model.Float32, model.Float32
	list["int8 between float32"] = way
	return list
}

// TestSameBytes holds what is made to TensorFlow Lite: both engines give the same bytes.
func TestSameBytes(t *testing.T) {
	worker := workerProgram(t)
	for network, m := range floatNetworks(t) {
		if testing.Short() && network != "inception_v1" && network != "uneven" {
			continue
		}
		list := sharedPictures(t, m, "pictures/*.jpg")
		for way, o := range ways() {
			t.Run(network+", "+way, func(t *testing.T) {
				o.Pictures, o.Test = pictures(list[:6]), pictures(list[6:8])
				r, err := quantize.Run(t.Context(), m, o)
				if err != nil {
					t.Fatal(err)
				}
				if len(r.Report.Kept) > 0 {
					t.Errorf("%v stay in float32", r.Report.Kept)
				}
				if network == "uneven" && r.Report.Equalized != o.Uint8 {
					t.Errorf("equalized: %v", r.Report.Equalized)
				}
				file, err := r.File(model.Metadata{}, nil)
				if err != nil {
					t.Fatal(err)
				}
				sameBytes(t, worker, file, list[8:12])
			})
		}
	}
}

// TestSameBytesZoo does the same with networks of all kinds of operators, float ones and others made float. Operators that stay
// in float32 may give other last places, which their DEQUANTIZE and QUANTIZE mostly hide.
func TestSameBytesZoo(t *testing.T) {
	worker := workerProgram(t)
	for name, stays := range map[string]bool{
		"face_detection_short_range_f16": false, "mobilenet_v2_035_96_embedder_hybrid": false, "gen_mobilenet_v3_small_int8": false,
		"gen_facenet_w25_int8": false, "gen_unet_mobilenet_v2_w25_int8": false, "yolo_face_128x160": false, "palm_detection_full_192": false,
		"movenet_lightning": true, "gen_ssd_inception_v2_w12_uint8": true,
	} {
		if testing.Short() && name != "gen_unet_mobilenet_v2_w25_int8" {
			continue
		}
		m := sharedModel(t, filepath.Join("zoo", name))
		if m.Tensors[m.Inputs[0]].Type != model.Float32 {
			var err error
			if m, err = stored.Convert(m, stored.Float32); err != nil {
				t.Fatal(err)
			}
		}
		list := sharedPictures(t, m, "golden/zoo/pictures/*.png")
		for _, way := range []string{"int8", "uint8"} {
			t.Run(name+", "+way, func(t *testing.T) {
				o := ways()[way]
				o.Pictures, o.Test = pictures(list[:4]), pictures(list[4:5])
				r, err := quantize.Run(t.Context(), m, o)
				if err != nil {
					t.Fatal(err)
				}
				if (len(r.Report.Kept) > 0) != stays {
					t.Errorf("%v stay in float32", r.Report.Kept)
				}
				file, err := r.File(model.Metadata{}, nil)
				if err != nil {
					t.Fatal(err)
				}
				sameBytes(t, worker, file, list[5:7])
			})
		}
	}
}

// workerProgram is the path of the real TensorFlow Lite worker.
func workerProgram(t *testing.T) string {
	t.Helper()
	path := filepath.Join(shared.Root(t), "bin", "inceptiond-tflite")
	if _, err := os.Stat(path); err != nil {
		shared.Missing(t, "no bin/inceptiond-tflite (make tflite builds it)")
	}
	return path
}

// sameBytes answers pictures with both engines.
func sameBytes(t *testing.T, worker string, file []byte, list [][]byte) {
	t.Helper()
	m, err := model.Parse(file, model.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	ours, err := cpu.New(m, cpu.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer ours.Close()
	theirs, err := tflite.Open(t.Context(), tflite.Options{Worker: worker, Model: file, Deadline: 5 * time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	defer theirs.Close()
	for i, pixels := range list {
		in := make([]byte, ours.Input().Bytes())
		if ours.Input().Type == infer.Float32 {
			for k, v := range pixels { // any numbers will do
				in[4*k+3], in[4*k+2] = 0x3e|v&0x80, v
			}
		} else {
			copy(in, pixels)
		}
		a, b := infer.Buffers(ours.Outputs()), infer.Buffers(theirs.Outputs())
		if _, err := ours.Run(t.Context(), in, a); err != nil {
			t.Fatal(err)
		}
		if _, err := theirs.Run(t.Context(), in, b); err != nil {
			t.Fatal(err)
		}
		for k := range a {
			if !bytes.Equal(a[k], b[k]) {
				t.Errorf("picture %d, output %d: %d of %d bytes differ", i, k, differing(a[k], b[k]), len(a[k]))
			}
		}
	}
}

func differing(a, b []byte) (n int) {
	for i := range a {
		if a[i] != b[i] {
			n++
		}
	}
	return n
}
