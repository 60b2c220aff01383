package main

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/infer/task"
	"github.com/inceptiond/inceptiond/internal/testing/faces"
	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

// zooModel are the flags of a real model.
func zooModel(t *testing.T, model, labels string) []string {
	args := zooFiles(t, model, labels, "")
	return args[1 : len(args)-1]
}

// pictures links real pictures into a folder, by other names.
func linked(t *testing.T, names ...string) (folder string) {
	t.Helper()
	folder = t.TempDir()
	for _, name := range names {
		from, to, _ := strings.Cut(name, " as ")
		path := filepath.Join(folder, to)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.Symlink(filepath.Join(shared.Dir(t), from), path)); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// written writes a file below a folder.
func written(t *testing.T, folder, name, content string) {
	t.Helper()
	path := filepath.Join(folder, name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(content), 0o600)); err != nil {
		t.Fatal(err)
	}
}

const (
	pets  = "golden/zoo/pictures/pets.jpg as images/pets.jpg"
	kitty = "pictures/cat_720p.jpg as images/cat.jpg"

	// What these two show, drawn by hand: two dogs, a ball that no model sees, and a cat.
	petsCOCO = `{"images": [{"id": 2, "file_name": "cat.jpg", "width": 1280, "height": 720}, {"id": 1, "file_name": "images/pets.jpg", "width": 512, "height": 430}, {"id": 3, "file_name": "gone.jpg"}],
 "categories": [{"id": 18, "name": "dog"}, {"id": 17, "name": "Cat"}, {"id": 37, "name": "sports ball"}],
 "annotations": [{"id": 1, "image_id": 1, "category_id": 18, "bbox": [107, 7, 154, 287]}, {"id": 2, "image_id": 1, "category_id": 18, "bbox": [346, 164, 148, 200]},
 {"id": 3, "image_id": 1, "category_id": 37, "bbox": [155, 151, 15, 17]}, {"id": 4, "image_id": 2, "category_id": 17, "bbox": [110, 95, 800, 605]}]}`
)

// TestEvaluateObjects: the same truth in each of its forms gives the same figures, which are pycocotools' of what `classify --coco` writes.
func TestEvaluateObjects(t *testing.T) {
	model := zooModel(t, "ssd_mobilenet_v1_coco", "coco_labels")
	box := func(class int, x, y, w, h, width, height float64) string {
		return fmt.Sprintf("%d %v %v %v %v\n", class, (x+w/2)/width, (y+h/2)/height, w/width, h/height)
	}
	object := func(name string, x, y, w, h int) string {
		return fmt.Sprintf("<object><name>%s</name><bndbox><xmin>%d</xmin><ymin>%d</ymin><xmax>%d</xmax><ymax>%d</ymax></bndbox></object>", name, x+1, y+1, x+w, y+h)
	}
	for name, put := range map[string]func(folder string) []string{
		"COCO beside the pictures": func(folder string) []string {
			written(t, folder, "images/_annotations.coco.json", petsCOCO)
			return []string{filepath.Join(folder, "images")}
		},
		"COCO elsewhere": func(folder string) []string {
			written(t, folder, "instances.json", petsCOCO)
			return []string{folder, "--truth", filepath.Join(folder, "instances.json")}
		},
		"YOLO, classes by the model's numbers": func(folder string) []string {
			written(t, folder, "labels/pets.txt", box(17, 107, 7, 154, 287, 512, 430)+box(17, 346, 164, 148, 200, 512, 430)+box(36, 155, 151, 15, 17, 512, 430))
			written(t, folder, "labels/cat.txt", box(16, 110, 95, 800, 605, 1280, 720))
			return []string{filepath.Join(folder, "images")}
		},
		"YOLO, classes by name": func(folder string) []string {
			written(t, folder, "truth/pets.txt", box(1, 107, 7, 154, 287, 512, 430)+box(1, 346, 164, 148, 200, 512, 430)+box(2, 155, 151, 15, 17, 512, 430))
			written(t, folder, "truth/cat.txt", box(0, 110, 95, 800, 605, 1280, 720))
			written(t, folder, "truth/classes.txt", "cat\ndog\nsports ball\n")
			return []string{folder, "--truth", filepath.Join(folder, "truth")}
		},
		"Pascal VOC": func(folder string) []string {
			written(t, folder, "images/pets.xml", "<annotation><size><width>512</width><height>430</height></size>"+object("dog", 107, 7, 154, 287)+object("dog", 346, 164, 148, 200)+object("sports ball", 155, 151, 15, 17)+"</annotation>")
			written(t, folder, "images/cat.xml", "<annotation>"+object("cat", 110, 95, 800, 605)+"</annotation>")
			return []string{filepath.Join(folder, "images")}
		},
	} {
		r := evaluated(t, append(slices.Clone(model), put(linked(t, pets, kitty))...)...)
		o := r.Results[0].Objects
		if r.Task != task.Detect || r.Pictures != 2 || o == nil || o.Objects != 4 || o.Found.Count != 3 || o.Right.Of != 3 {
			t.Errorf("%s: %+v", name, r)
			continue
		}
		// What pycocotools says of petsCOCO and the results of classify --coco.
		if math.Abs(*o.AP-0.5336633663366337) > 1e-6 || math.Abs(*o.AP50-2./3) > 1e-6 || math.Abs(*o.AP75-0.4174917491749174) > 1e-6 || math.Abs(*o.AR-0.5666666666666667) > 1e-6 || *o.Sizes[0].AP != 0 || len(o.Wrongest) != 1 || o.Wrongest[0].Objects[0].Label != "sports ball" {
			t.Errorf("%s: AP %v, at 0.5 %v, %+v", name, *o.AP, *o.AP50, o.Wrongest)
		}
	}
}

// TestEvaluateOnly: classes that nobody asks for count for nothing, also such as the model does not have.
func TestEvaluateOnly(t *testing.T) {
	model := zooModel(t, "ssd_mobilenet_v1_coco", "coco_labels")
	folder := linked(t, pets, kitty)
	written(t, folder, "truth.json", strings.Replace(petsCOCO, "sports ball", "blue tag", 1))
	args := append(append([]string{"evaluate"}, model...), folder, "--truth", filepath.Join(folder, "truth.json"))
	if _, stderr, code := inceptiond(t, args...); code != exitError || !strings.Contains(stderr, `"blue tag" is no class of ssd_mobilenet_v1_coco.tflite`) || !strings.Contains(stderr, "--only person,dog") {
		t.Errorf("ended with %d: %s", code, stderr)
	}
	r := evaluated(t, append(args[1:], "--only", "dog,person")...)
	if o := r.Results[0].Objects; o.Objects != 2 || o.Found.Count != 2 || len(o.ByClass) != 1 || r.Classes != 1 {
		t.Errorf("%+v", o)
	}
	for flag, says := range map[string]string{"dgo": `no class is called "dgo"`, "person": "--only person: the truth speaks of none of them"} {
		if _, stderr, code := inceptiond(t, append(slices.Clone(args), "--only", flag)...); code != exitUsage || !strings.Contains(stderr, says) {
			t.Errorf("--only %s ended with %d: %s", flag, code, stderr)
		}
	}
}

// TestEvaluateObjectsOfACamera: what a camera of the config would tell counts, and the flag goes before it.
func TestEvaluateObjectsOfACamera(t *testing.T) {
	folder := linked(t, pets, kitty)
	written(t, folder, "truth.json", petsCOCO)
	zoo := filepath.Join(shared.Dir(t), "models/zoo")
	written(t, folder, "inceptiond.yaml", fmt.Sprintf(`mqtt: {broker: off}
models: {coco: {file: %q, labels: %q}}
cameras: {gate: {source: demo, model: coco, fit: letterbox, objects: {threshold: 0.3}}}
`, filepath.Join(zoo, "ssd_mobilenet_v1_coco.tflite"), filepath.Join(zoo, "labels/coco_labels.txt")))
	args := []string{"-c", filepath.Join(folder, "inceptiond.yaml"), folder, "--truth", filepath.Join(folder, "truth.json")}
	camera := evaluated(t, args...)
	flag := evaluated(t, append(args, "--threshold", "0.8")...)
	if camera.Results[0].Threshold != 0.3 || flag.Results[0].Threshold != 0.8 || !slices.Contains(camera.Settings, "threshold 0.3") || !slices.Contains(camera.Settings, "fit letterbox") {
		t.Errorf("%q, %+v", camera.Settings, flag.Results[0])
	}
	if a, b := camera.Results[0].Objects, flag.Results[0].Objects; a.Right.Of <= b.Right.Of || *a.AP != *b.AP {
		t.Errorf("%+v, %+v", a, b)
	}
}

// TestEvaluateUntold: without anybody's word of what pictures show one model is refused, and two are compared.
func TestEvaluateUntold(t *testing.T) {
	for _, c := range []struct {
		model, labels string
		flags         []string
		says          string
	}{
		{"ssd_mobilenet_v1_coco", "coco_labels", nil, "a .txt of YOLO or an .xml of Pascal VOC"},
		{"deeplabv3_mnv2_dm05_pascal", "pascal_voc_segmentation_labels", nil, "put a mask beside each"},
		{"movenet_lightning", "", nil, "COCO's file with keypoints"},
		{"face_recognition_resnet_int8", "", []string{"--task", "embed"}, "no folders of them"},
	} {
		folder := filepath.Join(linked(t, pets), "images")
		args := append(append(append([]string{"evaluate"}, zooModel(t, c.model, c.labels)...), c.flags...), folder)
		if _, stderr, code := inceptiond(t, args...); code != exitError || !strings.Contains(stderr, c.says) {
			t.Errorf("%s ended with %d: %s (want %q)", c.model, code, stderr, c.says)
		}
		r := evaluated(t, append(args[1:], "--engine", "auto")...)
		if a := r.Comparisons[0].Alike; r.Judged || a.Count != 1 || a.Of != 1 { // auto is the same engine
			t.Errorf("%s: %+v", c.model, r.Comparisons)
		}
	}
}

// TestEvaluateAreas: a mask as the answer says is right everywhere, in each place where a mask may lie; another is not.
func TestEvaluateAreas(t *testing.T) {
	model := zooModel(t, "deeplabv3_mnv2_dm05_pascal", "pascal_voc_segmentation_labels")
	const bird = "golden/zoo/pictures/bird_segmentation.png"
	mask := image.NewGray(image.Rect(0, 0, 513, 513))
	draw.Draw(mask, image.Rect(100, 150, 440, 330), image.NewUniform(color.Gray{3}), image.Point{}, draw.Src) // about where it is
	for name, where := range map[string][3]string{
		"elsewhere": {"birds/a.png", "masks/a.png", "masks"},
		"as VOC":    {"JPEGImages/a.png", "SegmentationClass/a.png", ""},
		"as others": {"images/train/a.png", "masks/train/a.png", ""},
	} {
		folder := linked(t, bird+" as "+where[0])
		path := filepath.Join(folder, where[1])
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		f, err := os.Create(path)
		if err == nil {
			err = errors.Join(png.Encode(f, mask), f.Close())
		}
		if err != nil {
			t.Fatal(err)
		}
		args := append(slices.Clone(model), filepath.Dir(filepath.Join(folder, where[0])))
		if where[2] != "" {
			args = append(args, "--truth", filepath.Join(folder, where[2]))
		}
		r := evaluated(t, args...)
		a := r.Results[0].Areas
		if r.Task != task.Segment || r.Pictures != 1 || a == nil || a.Pixels != 513*513 || a.Accuracy < 0.8 || a.Accuracy > 0.99 || a.ByClass[1].Label != "bird" || *a.ByClass[1].IoU < 0.4 {
			t.Errorf("%s: %+v", name, a)
		}
	}
}

// TestEvaluatePeople: the faces of one photograph, cut out in several ways, are told apart.
func TestEvaluatePeople(t *testing.T) {
	folder := t.TempDir()
	for person, pictures := range faces.Shared(t) {
		if person == "right" {
			person = "unknown"
		}
		for i, data := range pictures {
			written(t, folder, fmt.Sprintf("%s/%d.png", person, i), string(data))
		}
	}
	model := append(zooModel(t, "face_recognition_resnet_int8", ""), "--task", "embed", folder)
	r := evaluated(t, model...)
	p := r.Results[0].People
	if r.Pictures != 32 || r.None != 8 || p.People != 3 || p.Same != 3*28 || p.Different != 3*64+3*64 || p.MaxDistance != 0.35 || p.FalseReject.Count > 0 || p.FalseAccept.Share > 0.1 || p.AUROC < 0.95 {
		t.Errorf("%+v", p)
	}
	if far := evaluated(t, append(model, "--max-distance", "1.9")...).Results[0].People; far.FalseAccept.Count != far.FalseAccept.Of || far.MaxDistance != 1.9 {
		t.Errorf("%+v", far.FalseAccept)
	}
}

// TestEvaluateBodies: a body as COCO has it is found by its keypoints.
func TestEvaluateBodies(t *testing.T) {
	folder := linked(t, "golden/zoo/pictures/squat.png as a.png")
	args := zooFiles(t, "movenet_lightning", "", "squat.png")
	p := classifyReports(t, args[1:]...)[0].Poses[0]
	var points []string
	for i, k := range p.Keypoints {
		points = append(points, fmt.Sprintf("%.1f,%.1f,%d", k[0]*500+float64(i%3), k[1]*610, 2))
	}
	written(t, folder, "person_keypoints.json", `{"images": [{"id": 1, "file_name": "a.png", "width": 500, "height": 610}], "categories": [{"id": 1, "name": "person"}],
 "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "iscrowd": 0, "bbox": [100, 100, 300, 400], "area": 60000, "num_keypoints": 17, "keypoints": [`+strings.Join(points, ",")+`]}]}`)
	r := evaluated(t, append(zooModel(t, "movenet_lightning", ""), folder, "--threshold", "0.2")...)
	if o := r.Results[0].Objects; r.Task != task.Pose || o.Likeness != "OKS" || *o.AP < 0.99 || o.Found.Count != 1 {
		t.Errorf("%+v", r.Results[0])
	}
}

// TestInstead holds where the files of a dataset are looked for.
func TestInstead(t *testing.T) {
	usual := map[string]string{"images": "labels"}
	for path, want := range map[string]string{
		"images": "labels", "a/images/train": "a/labels/train", "/images/images": "/images/labels|/labels/images", "pictures": "", "../images/": "../labels", "/": "", ".": "",
	} {
		if got := strings.Join(instead(path, usual), "|"); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}
