package task_test

import (
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/task"
	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

// zoo decodes what TensorFlow Lite answers to a picture with a real model. shapes are those of its outputs, where the file leaves them open.
func zoo(t *testing.T, name, input string, w task.Want, threshold float32, shapes ...[]int) *task.Findings {
	t.Helper()
	dir := shared.Dir(t)
	data, err := os.ReadFile(filepath.Join(dir, "models/zoo", name+".tflite"))
	if err != nil {
		t.Fatal(err)
	}
	m, err := model.Parse(data, model.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	outputs := outputsOf(m)
	for i, s := range shapes {
		outputs[i].Shape = s
	}
	reading, err := task.Find(m, outputs, w)
	if err != nil {
		t.Fatal(err)
	}
	as, err := task.New(outputs, task.Options{Reading: reading, Threshold: threshold})
	if err != nil {
		t.Fatal(err)
	}
	answer, err := os.ReadFile(filepath.Join(dir, "golden/zoo", name, input+".out"))
	if err != nil {
		t.Fatal(err)
	}
	var outs [][]byte
	for _, spec := range outputs {
		outs = append(outs, answer[:spec.Bytes()])
		answer = answer[spec.Bytes():]
	}
	f := new(task.Findings)
	if err := as.Decode(f, outs); err != nil || len(answer) != 0 {
		t.Fatal(err, len(answer))
	}
	return f
}

// outputsOf describes the outputs of a file, as an engine would.
func outputsOf(m *model.Model) (outputs []infer.TensorSpec) {
	types := map[model.Type]infer.DType{model.Float32: infer.Float32, model.Uint8: infer.Uint8, model.Int8: infer.Int8, model.Int64: infer.Int64}
	for _, at := range m.Outputs {
		s := &m.Tensors[at]
		spec := infer.TensorSpec{Name: s.Name, Shape: s.Shape, Type: types[s.Type]}
		if s.Quant != nil {
			spec.Scale, spec.ZeroPoint = s.Quant.Scale[0], int(s.Quant.ZeroPoint[0])
		}
		outputs = append(outputs, spec)
	}
	return outputs
}

// object is what a person sees in the picture: a class, a score and where.
type object struct {
	class               int
	score               float64
	x, y, width, height float64
}

func TestZooDetects(t *testing.T) {
	yolo := task.Want{Decoder: task.YOLO, Anchors: [][]float64{{15, 21}, {22, 29}, {28, 36}, {29, 51}, {36, 43}, {41, 54}, {51, 64}, {59, 82}, {79, 100}}}
	face := task.Want{Decoder: task.BlazeFace}
	list, boxes, one := []int{1, 10}, []int{1, 10, 4}, []int{1}
	for _, c := range []struct {
		model, input string
		want         task.Want
		shapes       [][]int
		objects      []object
	}{
		{"ssd_mobilenet_v1_coco", "pets_300x300", task.Want{}, [][]int{boxes, list, list, one}, []object{
			{17, 0.82, 0.237, 0.114, 0.253, 0.564}, {17, 0.74, 0.671, 0.379, 0.296, 0.474}}}, // two dogs
		{"ssd_mobilenet_v2_fpnlite", "pets_320x320", task.Want{}, [][]int{list, boxes, one, list}, []object{{6, 0.83, 0, 0.095, 1, 0.905}}},
		{"face_detection_short_range_f16", "face_128x128", face, nil, []object{
			{0, 0.90, 0.463, 0.195, 0.262, 0.262}, {0, 0.88, 0.219, 0.278, 0.269, 0.269}, {0, 0.60, 0.855, 0.383, 0.110, 0.110}}},
		{"blazeface_front_128", "face_128x128", face, nil, []object{{0, 0.91, 0.469, 0.197, 0.244, 0.244}}},
		{"yolo_face_128x160", "face_160x128", yolo, nil, []object{
			{0, 0.85, 0.237, 0.226, 0.225, 0.336}, {0, 0.76, 0.008, 0.262, 0.094, 0.164}, {0, 0.76, 0.865, 0.340, 0.094, 0.164}, {0, 0.5, 0.5, 0.157, 0.175, 0.281}}},
	} {
		f := zoo(t, c.model, c.input, c.want, 0.5, c.shapes...)
		if len(f.Objects) != len(c.objects) {
			t.Errorf("%s: %+v, want %+v", c.model, f.Objects, c.objects)
			continue
		}
		for i, got := range f.Objects {
			want := c.objects[i]
			far := 0.0
			for _, pair := range [][2]float64{{got.Box.X, want.x}, {got.Box.Y, want.y}, {got.Box.Width, want.width}, {got.Box.Height, want.height}, {float64(got.Score), want.score}} {
				far = max(far, math.Abs(pair[0]-pair[1]))
			}
			if got.Index != want.class || far > 0.006 {
				t.Errorf("%s: object %d is %+v, want %+v", c.model, i, got, want)
			}
		}
	}
}

// The person who squats looks to the right: the nose is there, and the knees are below the hips.
func TestZooPose(t *testing.T) {
	f := zoo(t, "movenet_lightning", "squat_192x192", task.Want{}, 0.5)
	if len(f.Postures) != 1 || math.Abs(float64(f.Postures[0].Score)-0.606) > 0.001 {
		t.Fatalf("%+v", f.Postures)
	}
	k := f.Postures[0].Keypoints
	if nose := k[0]; math.Abs(float64(nose.X)-0.586) > 0.001 || math.Abs(float64(nose.Y)-0.328) > 0.001 || math.Abs(float64(nose.Score)-0.635) > 0.001 {
		t.Errorf("the nose: %+v", nose)
	}
	if !(k[0].Y < k[5].Y && k[5].Y < k[11].Y && k[11].Y < k[13].Y && k[13].Y < k[15].Y) {
		t.Errorf("from nose to ankle: %+v", k)
	}
	if few := zoo(t, "movenet_lightning", "squat_192x192", task.Want{}, 0.7); len(few.Postures) != 0 {
		t.Errorf("below the threshold: %+v", few.Postures)
	}
}

func TestZooSegments(t *testing.T) {
	f := zoo(t, "gen_unet_mobilenet_v2_w25_int8", "bird_segmentation_128x128", task.Want{Kind: task.Segment}, 0)
	sum := 0.0
	for i, a := range f.Areas {
		sum += a.Share
		if i > 0 && a.Share > f.Areas[i-1].Share {
			t.Errorf("not the largest first: %+v", f.Areas)
		}
	}
	if len(f.Areas) != 3 || math.Abs(sum-1) > 1e-9 || f.Map.Width != 128 || f.Map.Height != 128 {
		t.Errorf("%+v", f.Areas)
	}
}

// TestZooFind finds what each model is for.
func TestZooFind(t *testing.T) {
	dir := filepath.Join(shared.Dir(t), "models/zoo")
	for name, want := range map[string]task.Kind{
		"ssd_mobilenet_v1_coco": task.Detect, "ssd_mobilenet_v2_fpnlite": task.Detect, "gen_ssd_inception_v2_w12_uint8": task.Detect, "gen_efficientdet_lite0_w25_int8": task.Detect,
		"deeplabv3_mnv2_dm05_pascal": task.Segment, "deeplabv3_float": task.Segment, "gen_deeplab_mobilenet_v3_w25_uint8": task.Segment,
		"movenet_lightning": task.Pose, "resnet8_cifar10": task.Classify, "visual_wake_words_96": task.Classify, "gen_resnet50_w25_int8": task.Classify,
		"gen_mobilenet_v3_small_int8": task.Classify, "face_recognition_resnet_int8": task.Classify,
		"posenet_mobilenet_v1_075_353_481": "", "gen_facenet_w25_int8": "", "blazeface_front_128": "", "palm_detection_full_192": "",
		"ssd_slim_face_120x160_gray": "", "yolo_face_128x160": "", "split_concat": "", "gen_unet_mobilenet_v2_w25_int8": "",
	} {
		data, err := os.ReadFile(filepath.Join(dir, name+".tflite"))
		if err != nil {
			t.Fatal(err)
		}
		m, err := model.Parse(data, model.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		labels := 0
		if want == task.Segment {
			labels = 21
		}
		got, err := task.Find(m, outputsOf(m), task.Want{Labels: labels})
		if got.Kind != want || (err == nil) != (want != "") {
			t.Errorf("%s: %q, %v (want %q)", name, got.Kind, err, want)
		}
	}
}
