package browser

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/inceptiond/inceptiond/publish/web/webtest"
)

// pictured waits until pictures are listed, and is the name of the one with a number, counted from 1.
func (tab *Tab) pictured(n int) string {
	tab.t.Helper()
	tab.Until("pictures", fmt.Sprintf(`document.querySelectorAll(".grid [role=option]").length >= %d`, n))
	prefix := fmt.Sprintf("Picture %d: ", n)
	for _, e := range tab.All("option") {
		if strings.HasPrefix(e.Name, prefix) {
			return e.Name
		}
	}
	tab.t.Fatalf("no %q among %v", prefix, tab.All("option"))
	return ""
}

// view has other pictures shown.
func (tab *Tab) view(name string) {
	tab.t.Helper()
	p := tab.aimAt("radio", name+" …", func(is string) bool { return strings.HasPrefix(is, name) })
	run(tab, chromedp.MouseClickXY(p.X, p.Y))
}

// clickWithShift clicks an element with the key Shift down.
func (tab *Tab) clickWithShift(role, name string) {
	tab.t.Helper()
	p := tab.aim(role, name)
	run(tab, chromedp.MouseClickXY(p.X, p.Y, chromedp.ButtonModifiers(chromedp.ModifierShift)))
}

// bring has a field for files filled with JPEGs of even colours.
func (tab *Tab) bring(colours ...string) {
	tab.t.Helper()
	Eval[bool](tab, fmt.Sprintf(`(async (colours) => {
		const files = new DataTransfer();
		for (const colour of colours) {
			const canvas = new OffscreenCanvas(64, 48), c = canvas.getContext("2d");
			c.fillStyle = colour;
			c.fillRect(0, 0, 64, 48);
			files.items.add(new File([await canvas.convertToBlob({ type: "image/jpeg" })], colour + ".jpg", { type: "image/jpeg" }));
		}
		const field = document.getElementById("take-files");
		field.files = files.files;
		field.dispatchEvent(new Event("change", { bubbles: true }));
		return true;
	})(%q.split(" "))`, strings.Join(colours, " ")))
}

// chips waits until the page says this of the classes, near-copies aside.
func (tab *Tab) chips(want string) {
	tab.t.Helper()
	tab.Until("the classes "+want, fmt.Sprintf(`[...document.querySelectorAll(".chip")].map((c) => c.textContent.replace(/ and \d+ alike/, "")).join(", ").startsWith(%q)`, want))
}

// TestTeachFromInbox goes from pictures that wait to a new version in use, and back, with a mouse alone.
func TestTeachFromInbox(t *testing.T) {
	tab := Start(t, "").Open(t)
	tab.Go(play(t, webtest.Full, nil))
	tab.Click("link", "Teach")
	tab.Click("link", webtest.TaughtGate)
	tab.chips("open 18, shut 21")
	tab.See("Now 91 % of 22 held-out pictures right (72 to 97 %).")

	first := tab.pictured(1) // the least sure, with its near-copy
	if first != "Picture 1: shut 50 % and 1 alike" {
		t.Errorf("the first is %q", first)
	}
	tab.Click("option", first)
	tab.clickWithShift("option", tab.pictured(4))
	tab.See("4 chosen:")
	tab.Click("option", tab.pictured(2))
	tab.See("3 chosen:")
	tab.Click("button", "shut")
	tab.See("3 pictures and 2 alike now shut.")
	tab.chips("open 18, shut 24")
	tab.Click("button", "Undo")
	tab.chips("open 18, shut 21")

	tab.pictured(9)
	tab.Click("option", tab.pictured(3))
	tab.Click("button", "None of these")
	tab.See("a class like the others, named other")
	tab.Click("button", "Begin other")
	tab.chips("open 18, other 1, shut 21")
	tab.Click("option", tab.pictured(1))
	tab.Click("DisclosureTriangle", "More")
	tab.Click("button", "Hold out")
	tab.Click("button", "shut") // in the dialog
	tab.See("held out: never taught, for tests.")
	tab.Click("option", tab.pictured(1))
	tab.Click("button", "Delete")
	tab.See("cannot be brought back")
	tab.Until("the button of the dialog", `(() => { const b = document.querySelector("dialog[open] .danger"); b && b.click(); return b; })()`)
	tab.See("deleted.")

	tab.view("wrong label?")
	tab.Until("doubts", `document.querySelectorAll(".doubts li").length === 4`)
	tab.Until("one mended", `(() => { const b = [...document.querySelectorAll(".doubts button")].find((b) => b.textContent === "It is open"); b && b.click(); return b; })()`)
	tab.Until("three left", `document.querySelectorAll(".doubts li").length === 3`)

	tab.trainAndSee("It takes two")
	tab.WantNoErrors(nil)
	tab.Errors()
	tab.view("taught")
	tab.Choose("Class", "other")
	tab.Until("one picture", `document.querySelectorAll(".grid [role=option]").length === 1`)
	tab.Click("option", tab.pictured(1))
	tab.Click("button", "open")
	tab.See("1 picture now open.")
	tab.trainAndSee("New ")
	tab.Click("button", "Use new")
	tab.Until("it is in use", `!document.querySelector("#content").innerText.includes("Use new")`)
	tab.See("Before: 91 % of 22 held-out pictures right")
	tab.Click("button", "Test on 10 held out")
	tab.See("Test: ")
	tab.Click("button", "Go back")
	tab.See("Now 91 % of 22 held-out pictures right")
	tab.WantNoErrors(nil)
}

// trainAndSee trains, and waits for what comes of it.
func (tab *Tab) trainAndSee(want string) {
	tab.t.Helper()
	const versions = `document.querySelector("[aria-labelledby=h-train] > .stack-small").dataset.key`
	before := Eval[string](tab, versions)
	tab.Click("button", "Train")
	if want != "New " {
		tab.Until("a refusal", `document.querySelector("[role=alert] .wrong")`)
		tab.Errors() // the refusal
		return
	}
	tab.Until("the training ends", fmt.Sprintf(`!document.querySelector("progress").checkVisibility() && %s !== %q`, versions, before))
	tab.See(want)
}

// TestTeachSomethingNew begins with a name alone: pictures of a camera and of files, in classes of its own.
func TestTeachSomethingNew(t *testing.T) {
	tab := Start(t, "").Open(t)
	tab.Go(play(t, webtest.Full, nil) + "teach")
	tab.Fill("Name", "No such name")
	tab.Click("button", "Begin")
	tab.See("A name is 1 to 64 of")
	tab.Errors() // 422
	tab.Fill("Name", "door")
	tab.Choose("Camera", webtest.Drive)
	tab.Click("button", "Begin")
	tab.See("Begin with 10 pictures of each class")
	tab.Until("what the camera sees", `document.querySelector(".side .picture img").naturalWidth`)

	tab.Choose("Into", "a new class …")
	tab.Fill("Name of the class", "Wide Open")
	tab.Click("button", "Take it")
	tab.Click("button", "Take 10, one every 2 s")
	tab.See("10 of 10 taken.")
	tab.chips("wide-open 10")
	tab.Choose("Into", "a new class …")
	tab.Fill("Name of the class", "shut")
	tab.Click("button", "Take it")
	tab.Click("button", "Take a picture")
	tab.See("Taken into shut at")
	tab.bring("red", "green", "blue")
	tab.See("3 pictures taken.")
	tab.bring("red")
	tab.See("0 pictures taken, 1 there already.")
	tab.chips("shut 4, wide-open 10")
	tab.Choose("Into", "waiting for a label")
	tab.Click("button", "Take a picture")
	tab.See("Taken into waiting for a label at")
	tab.pictured(1)

	tab.trainAndSee("New ")
	tab.Click("button", "Use new")
	tab.See("No camera uses it yet.")
	tab.Choose("Of", webtest.Hall)
	tab.Click("button", "Take a picture")
	tab.See("Camera hall shows nothing now")
	tab.Errors() // 409
	tab.Click("DisclosureTriangle", "Forget, delete")
	tab.Click("button", "Delete door")
	tab.Until("the button of the dialog", `(() => { const b = document.querySelector("dialog[open] .danger"); b && b.click(); return b; })()`)
	tab.Until("it is no more", `document.querySelector(".lessons") && !document.querySelector(".lessons").innerText.includes("door")`)
	tab.WantNoErrors(nil)
}

// TestTeachWorse has a version made with wrong labels, which is said before it is used.
func TestTeachWorse(t *testing.T) {
	tab := Start(t, "").Open(t)
	tab.Go(play(t, webtest.Full, nil) + "teach?name=" + webtest.TaughtGate)
	tab.view("taught")
	tab.Choose("Class", "open")
	tab.pictured(18)
	tab.Click("button", "Choose all")
	tab.See("18 chosen:")
	tab.Click("button", "shut")
	tab.See("now shut.")
	tab.view("not sure")
	tab.Click("button", "Choose all")
	tab.Click("button", "open")
	tab.See("now open.")
	tab.trainAndSee("New ")
	tab.See("Worse than the one in use:")
	tab.Click("DisclosureTriangle", "What it mixes up")
	tab.See("shut, taken for open")
	tab.Click("button", "Use new")
	tab.See("Use it nevertheless?")
	tab.Press(kb.Escape)
	tab.See("Now 91 % of 22")
	tab.Click("button", "Keep old")
	tab.Until("it is not offered any more", `!document.querySelector("#content").innerText.includes("Use new")`)
	tab.WantNoErrors(nil)
}

// TestTeachByKeyboard chooses, labels and trains with the keyboard alone.
func TestTeachByKeyboard(t *testing.T) {
	tab := Start(t, "").Open(t)
	url := play(t, webtest.Full, nil) + "teach?name="
	tab.Go(url + webtest.TaughtGate)
	tab.Tab("option", tab.pictured(1))
	tab.Press(" ")
	tab.See("1 chosen:")
	tab.Press(kb.ArrowRight)
	tab.Press(kb.ArrowRight, chromedp.ModifierShift)
	tab.See("3 chosen:")
	tab.Press(kb.End)
	tab.Press(" ", chromedp.ModifierShift)
	tab.Until("all chosen", `document.querySelectorAll(".grid [aria-selected=true]").length === document.querySelectorAll(".grid [role=option]").length`)
	tab.Press(kb.Escape)
	tab.See("Choose pictures:")
	tab.Press(kb.Home)
	tab.Press(" ")
	tab.Tab("DisclosureTriangle", "More")
	tab.Press(kb.Enter)
	tab.Tab("button", "Enlarge")
	tab.Press(kb.Enter)
	tab.Until("enlarged", `document.querySelector("dialog[open] img")?.naturalWidth`)
	tab.Press(kb.Escape)
	tab.Until("closed", `!document.querySelector("dialog[open]")`)
	tab.Tab("button", "shut")
	tab.Press(kb.Enter)
	tab.chips("open 18, shut 22")
	tab.Until("the focus is among the pictures", `document.activeElement.role === "option"`)
	tab.WantNoErrors(nil)
	tab.Go(url + webtest.TaughtGarage) // which is trained for a long time
	tab.Find("progressbar", "Training")
	tab.Tab("button", "Cancel")
	tab.Press(kb.Enter)
	tab.See("The training was cancelled.")
	tab.Tab("button", "Train")
	tab.Press(kb.Enter)
	tab.Find("progressbar", "Training")
	tab.WantNoErrors(nil)
}

// TestTeachWithEvent teaches with the picture of something that has happened.
func TestTeachWithEvent(t *testing.T) {
	url := play(t, webtest.Full, nil)
	tab := Start(t, "").Open(t)
	tab.Go(url + "events")
	tab.Until("enlarged", `(() => { const b = document.querySelector(".events .thumb"); b && b.click(); return document.querySelector("dialog[open] img"); })()`)
	tab.Click("button", "Teach with this")
	tab.Choose("What is taught", webtest.TaughtGate)
	tab.Click("button", "open")
	tab.See("Taken into gate as open.")
	tab.Click("button", "open")
	tab.See("It is there already.")
	tab.WantNoErrors(nil)
	tab.Go(url + "teach?name=" + webtest.TaughtGate)
	tab.chips("open 19")
	tab.WantNoErrors(nil)
}

// TestWhyOfTaught shows the nearest taught picture, and what looks like none.
func TestWhyOfTaught(t *testing.T) {
	tab := Start(t, "").Open(t)
	tab.Go(play(t, webtest.Full, nil))
	tab.live(webtest.Drive)
	why := func(camera, want string) {
		t.Helper()
		tab.Until("why "+camera, fmt.Sprintf(`(() => {
			const b = [...document.querySelectorAll("article[aria-labelledby='camera-%s'] button")].find((b) => b.textContent === "Why?" && !b.hidden);
			b && b.click();
			return b;
		})()`, camera))
		tab.See(want)
	}
	why(webtest.Drive, "familiar 62 %: most like a taught picture of open")
	tab.Until("the nearest", `document.querySelector(".nearest img").naturalWidth`)
	why(webtest.Gate, "familiar 2 %: looks like nothing it was taught")
	tab.WantNoErrors(nil)
}
