package browser

import (
	"os"
	"strings"
	"testing"
)

// TestConfigEditor types a text with a fault, goes to it, mends it and applies it; meets somebody else's change of the file;
// and undoes.
func TestConfigEditor(t *testing.T) {
	p, tab := startSetup(t)
	original, err := os.ReadFile(p.File)
	if err != nil {
		t.Fatal(err)
	}
	edit := func(old, new string) {
		t.Helper()
		text := tab.value("textbox", "Text of the config file")
		if !strings.Contains(text, old) {
			t.Fatalf("no %q in\n%s", old, text)
		}
		tab.Fill("Text of the config file", strings.Replace(text, old, new, 1))
	}
	tab.Click("link", "Settings")
	tab.Find("textbox", "Text of the config file")
	if got := tab.value("textbox", "Text of the config file"); got != string(original) {
		t.Errorf("the editor has\n%s", got)
	}
	edit("top_k: 2", "top_kay: 2")
	tab.See("1 problem:")
	tab.Until("the way to the fault", `document.querySelector("button.problem").textContent.startsWith("11: cameras.pictures.top_kay: ")`)
	tab.Until("the fault is chosen", `(() => {
		document.querySelector("button.problem").click();
		const e = document.activeElement;
		return e.id === "config-text" && e.value.slice(e.selectionStart, e.selectionEnd).includes("top_kay");
	})()`)
	tab.WantNoErrors(nil)
	tab.Click("button", "Apply")
	tab.See("Not applied. The daemon goes on as before.")
	if got, _ := os.ReadFile(p.File); string(got) != string(original) {
		t.Errorf("the file has become\n%s", got)
	}
	tab.Errors() // 422

	edit("top_kay: 2", "top_k: 3")
	tab.Until("no problem", `!document.querySelector("button.problem")`)
	tab.Click("button", "Apply")
	tab.See("Applied. pictures started, steady went on.")
	mine := strings.Replace(string(original), "top_k: 2", "top_k: 3", 1)
	if got, _ := os.ReadFile(p.File); string(got) != mine {
		t.Errorf("the file has become\n%s", got)
	}

	edit("top_k: 3", "top_k: 4")
	theirs := mine + "# somebody else was here\n"
	if err := os.WriteFile(p.File, []byte(theirs), 0o600); err != nil {
		t.Fatal(err)
	}
	tab.Click("button", "Apply")
	tab.See("Somebody else has changed the file since it was read.")
	tab.Errors() // 412
	if got, _ := os.ReadFile(p.File); string(got) != theirs {
		t.Errorf("the file of somebody else has become\n%s", got)
	}
	if got := tab.value("textbox", "Text of the config file"); !strings.Contains(got, "top_k: 4") {
		t.Errorf("my text is lost:\n%s", got)
	}
	tab.Click("button", "Read the file again")
	tab.See("Your text is still here.")
	tab.Click("button", "Apply")
	tab.Until("that it is applied", `[...document.querySelectorAll("p.good")].some((e) => e.textContent.startsWith("Applied."))`)
	tab.Click("button", "Undo the last Apply")
	tab.Until("the text from before", `document.getElementById("config-text").value.includes("somebody else")`)
	if got, _ := os.ReadFile(p.File); string(got) != theirs {
		t.Errorf("undo has made\n%s", got)
	}
	tab.WantNoErrors(nil)
}
