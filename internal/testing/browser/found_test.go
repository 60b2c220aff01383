package browser

import (
	"fmt"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/infer/task"
	"github.com/inceptiond/inceptiond/publish/web/webtest"
)

// card is the element of a camera on the overview.
func card(camera string) string {
	return fmt.Sprintf(`document.getElementById("camera-%s").closest("article")`, camera)
}

// on waits until an expression holds in which card is the element of a camera.
func (tab *Tab) on(camera, what, expression string) {
	tab.t.Helper()
	tab.Until(camera+": "+what, fmt.Sprintf(`((card) => %s)(%s)`, expression, card(camera)))
}

// TestFoundIsShown looks at a camera of each task: what is found lies over its picture, the same is beside it in words, and
// what is decided is in tiles.
func TestFoundIsShown(t *testing.T) {
	tab := Start(t, "").Open(t)
	tab.Go(play(t, webtest.Tasks, nil))
	const tags = `[...card.querySelectorAll(".tag")].map((t) => t.textContent).join("|")`
	tab.on(webtest.Porch, "boxes", `card.querySelectorAll(".found rect.line:not(.back)").length >= 2 && `+tags+`.includes("dog82 %")`)
	tab.on(webtest.Porch, "whose box it is", tags+`.includes("Anna 91 %")`)
	tab.on(webtest.Porch, "words", `/dog.*82 %/s.test(card.querySelector(".finds").textContent) && /person.*Anna 91 %.*77 %/s.test(card.querySelector(".finds").textContent)`)
	tab.on(webtest.Porch, "counts", `[...card.querySelectorAll(".tiles li")].map((t) => t.textContent).join("|").includes("0 cat|1 dog|")`)
	tab.on(webtest.Porch, "no label", `card.querySelector(".label-big").hidden`)
	tab.on(webtest.Field, "areas", `!card.querySelector("canvas.mask").hidden && `+tags+`.includes("grass42 %")`)
	tab.on(webtest.Field, "shares", `card.querySelector(".tiles").textContent.includes("40 % grass")`)
	tab.on(webtest.Field, "the palette's colour", `getComputedStyle(card.querySelector(".finds .swatch")).backgroundColor === "rgb(128, 0, 0)"`)
	tab.on(webtest.Field, "the mask in that colour, at the bottom", `(() => {
		const mask = card.querySelector("canvas.mask"), p = mask.getContext("2d").getImageData(2, mask.height - 2, 1, 1).data;
		return p[0] === 128 && p[1] === 0 && p[3] === 255 && getComputedStyle(mask).opacity === "0.5";
	})()`)
	tab.on(webtest.Gym, "a skeleton", `card.querySelectorAll(".found path.line").length === 4 && card.querySelector(".tiles").textContent === "1 body"`)
	tab.on(webtest.Gym, "words", `/body 1.*16 points of 17.*62 %/s.test(card.querySelector(".finds").textContent)`)
	tab.on(webtest.Door, "somebody", `/Anna 88 %: distance 0.31|Nobody that it knows: distance 0.71/.test(card.textContent) && /Anna|nobody/.test(card.querySelector(".label-big").textContent)`)
	tab.WantNoErrors(nil)
}

// TestFoundCanBeHidden hides boxes by keyboard, and shows them again; words stay.
func TestFoundCanBeHidden(t *testing.T) {
	tab := Start(t, "").Open(t)
	tab.Go(play(t, webtest.Tasks, nil))
	for camera, button := range map[string]string{webtest.Field: "Areas", webtest.Gym: "Bodies"} {
		tab.on(camera, "tags", `card.querySelector(".tag")`)
		tab.Tab("button", button)
		tab.Press(" ")
		tab.on(camera, "none", `!card.querySelector(".tag, .line") && card.querySelector("canvas.mask").hidden && card.querySelector(".finds li")`)
		tab.Press(" ")
		tab.on(camera, "tags again", `card.querySelector(".tag")`)
	}
	tab.WantNoErrors(nil)
}

// TestHostileLabels shows labels as what they are: no element is made of them, none pushes the page apart, and text from right to
// left leaves its surroundings alone.
func TestHostileLabels(t *testing.T) {
	tab := Start(t, "").Open(t)
	tab.Resize(Small)
	tab.Go(play(t, webtest.Tasks, nil))
	tab.on(webtest.Loud, "boxes", `card.querySelectorAll(".tag").length === 20`)
	tab.on(webtest.Loud, "markup as text", fmt.Sprintf(`card.querySelector(".tag:last-child").textContent.includes(%q) && !card.querySelector(".tag img, .tag b, .finds img, .tiles img")`, webtest.Markup))
	tab.on(webtest.Loud, "no label without end", `[...card.querySelectorAll("bdi")].every((e) => e.textContent.length < 200)`)
	tab.on(webtest.Loud, "tags within the picture", `(() => {
		const shot = card.querySelector(".found").getBoundingClientRect();
		return [...card.querySelectorAll(".tag")].every((tag) => tag.getBoundingClientRect().width <= 0.61 * shot.width);
	})()`)
	tab.on(webtest.Loud, "right to left is isolated", fmt.Sprintf(`[...card.querySelectorAll("bdi")].some((e) => e.textContent === %q)`, webtest.Arabic))
	report(t, "hostile labels", "too wide", tab.Overflows())
	tab.WantNoErrors(nil)
}

// TestBonesAreCOCOs holds the page's skeletons to those that are drawn elsewhere.
func TestBonesAreCOCOs(t *testing.T) {
	tab := Start(t, "").Open(t)
	tab.Go(play(t, webtest.Tasks, nil))
	tab.Until("the script", `document.querySelector("script[type=module]")`)
	got := Eval[[][2]int](tab, `import(new URL("found.js", document.querySelector("script[type=module]").src).href).then((m) => m.bones)`)
	if want := task.Bones(); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("the page draws the bones %v, want %v", got, want)
	}
}

// TestSetUpObjects sets up what is listed of what a detector finds: by keyboard, with labels that the model has, and no others.
func TestSetUpObjects(t *testing.T) {
	tab := Start(t, "").Open(t)
	tab.Go(play(t, webtest.Tasks, nil) + "setup?camera=" + webtest.Porch)
	tab.Until("what was found", `document.querySelectorAll(".seen .tag").length >= 2 && document.querySelector(".seen + * .finds")`)
	tab.See("it has no further picture of why")
	tab.See("Only these classes, by labels or numbers")
	tab.Click("button", "Take cat out")
	tab.See("Not saved.")
	tab.FillRole("combobox", "Only", "unicorn")
	tab.Press("\r")
	tab.See("The model has no class unicorn.")
	tab.FillRole("combobox", "Only", "bicycle")
	tab.Press("\r")
	tab.Find("button", "Take bicycle out")
	tab.FillRole("spinbutton", "Threshold", "0.7")
	tab.Press("\t")
	tab.Tab("button", "Apply")
	tab.Press("\r")
	tab.See("Applied.")
	text := Eval[string](tab, `fetch("api/v1/config").then((r) => r.json()).then((c) => c.text)`)
	for _, want := range []string{`cameras.porch.objects.only: ["person","dog","bicycle"]`, `cameras.porch.objects.threshold: 0.7`} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	tab.WantNoErrors(nil)
}

// TestSetUpForAnotherTask chooses a model that finds areas, and one that names people: fields come and go with what they are for.
func TestSetUpForAnotherTask(t *testing.T) {
	tab := Start(t, "").Open(t)
	tab.Go(play(t, webtest.Tasks, nil) + "setup?camera=" + webtest.Porch)
	tab.Find("spinbutton", "Threshold")
	tab.Choose("Model", "land")
	tab.Find("combobox", "Segment map")
	if tab.Has("spinbutton", "Threshold") {
		t.Error("a threshold for areas")
	}
	tab.Choose("Model", "faces")
	tab.Until("no such fields", `!document.getElementById("finds")`)
	tab.Tab("button", "Apply")
	tab.Press("\r")
	tab.See("Applied.")
	text := Eval[string](tab, `fetch("api/v1/config").then((r) => r.json()).then((c) => c.text)`)
	for _, want := range []string{`cameras.porch.model: "faces"`, `cameras.porch.objects.only: null`, `cameras.porch.then: null`} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	tab.WantNoErrors(nil)
}

// TestModelSettings says what a model is for, and changes how it is read.
func TestModelSettings(t *testing.T) {
	tab := Start(t, "").Open(t)
	tab.Go(play(t, webtest.Tasks, nil) + "model?model=coco")
	tab.See("detect: finds things, each in a box")
	tab.Click("DisclosureTriangle", "Settings")
	tab.See("How the boxes of a detector without post-processing are read")
	tab.Choose("Decoder", "yolo")
	tab.Click("button", "Apply")
	tab.wait("the change", func() (bool, error) {
		text, err := try(tab, evaluate[string](`fetch("api/v1/config").then((r) => r.json()).then((c) => c.text)`))
		return strings.Contains(text, `models.coco.decoder: "yolo"`), err
	})
	tab.WantNoErrors(nil)
}

// TestTeachPeople teaches people as classes are taught, by their name, with what a detector has in its boxes.
func TestTeachPeople(t *testing.T) {
	tab := Start(t, "").Open(t)
	url := play(t, webtest.Tasks, nil)
	tab.Go(url + "teach")
	tab.See("People: anna 5, ben 4, 1 wait for a label")
	tab.Click("link", webtest.TaughtFamily)
	tab.See("of 9 held-out pictures recognized")
	tab.Choose("Of", webtest.Porch)
	tab.Find("button", "Take the dog, 82 %")
	if tab.Has("button", "Take a picture") {
		t.Error("all that a detector sees is offered as a picture of somebody")
	}
	tab.Choose("Into", "ben")
	tab.Tab("button", "Take the dog, 82 %")
	tab.Press("\r")
	tab.See("Taken into ben")
	tab.Choose("Into", "a new person …")
	tab.Fill("Name of the person", "Carla")
	tab.Press("\r")
	tab.Click("button", "Take the person, 77 %") // the dog of the same picture would be there already
	tab.See("Taken into carla")
	tab.See("carla 1")
	tab.Click("option", tab.pictured(1))
	if tab.Has("button", "None of these") {
		t.Error("people who are none of these")
	}
	tab.Find("button", "New person")
	tab.Click("button", "Let faces know them")
	tab.See("Applied.")
	if text := Eval[string](tab, `fetch("api/v1/config").then((r) => r.json()).then((c) => c.text)`); !strings.Contains(text, `models.faces.people: "family"`) {
		t.Errorf("the model does not know them:\n%s", text)
	}
	tab.WantNoErrors(nil)
}
