package mailin_test

import (
	"strings"
	"testing"

	"swapnest/internal/mailin"
)

func TestLinesThatPhonesAddAreNoAnswer(t *testing.T) {
	for _, line := range []string{
		"Sent from my iPhone", "Sent from my iPad", "Sent from my Galaxy", "Sent from my Samsung Galaxy smartphone.", "Sent from my Android phone", "Sent from Outlook for iOS",
		"Sent from Mail for Windows", "Sent from Yahoo Mail for iPhone", "Sent from Yahoo Mail on Android", "Get Outlook for iOS", "Get Outlook for Android<https://aka.ms/AAb9ysg>",
		"Von meinem iPhone gesendet", "Gesendet von Outlook für Android", "Holen Sie sich Outlook für Android<https://aka.ms/x>", "Outlook für iOS beziehen", "Diese Nachricht wurde von meinem Android Gerät mit GMX Mail gesendet.",
		"Envoyé de mon iPhone", "Envoyé depuis Outlook pour Android", "Télécharger Outlook pour Android <https://aka.ms/x>", "Enviado desde mi iPhone", "Obtener Outlook para Android",
		"Inviato da iPhone", "Inviato dal mio iPhone", "Enviado do meu iPhone", "Enviado do meu Galaxy", "Verstuurd vanaf mijn iPhone", "Verzonden vanaf mijn Galaxy", "Отправлено с iPhone", "Отправлено из Mail.ru для Android",
		"मेरे iPhone से भेजा गया", "iPhoneから送信", "发自我的iPhone", "發自我的 iPhone", "Sent with Proton Mail secure email.", "-- \nBilal\n030 1234", "--\nBilal", "________________",
	} {
		if got := mailin.Own("Yes.\n\n" + line + "\n"); got != "Yes." {
			t.Errorf("%q was left: %q", line, got)
		}
	}
}

func TestWhatPeopleWriteIsKept(t *testing.T) {
	for _, text := range []string{
		"The picture was sent from my iPhone yesterday, so it is small.",
		"Sent from my iPhone you will get a picture at six.",
		"Sent from my brother's house by bus",
		"Get Outlook for Android, they said to me.",
		"On Monday I wrote: no. Today yes.",
		"He wrote:\nfine",
		"She wrote at 10:15:\nfine by me",
		"From: me\nTo: you\nDate: never",
		"Von: Berlin\nBis: Hamburg",
		"Date: 3 Feb\nFrom: Delhi\nTo: Agra\nPrice: 300",
		"one\n\ntwo\n-----\nthree",
		"-- \n" + strings.Repeat("a long list behind dashes\n", 30) + "end",
		"--\n" + strings.Repeat("line\n", 10) + "end",
		"a > b\nb < c",
		"- first\n- second",
		"price 10:\n20 more",
		"> 10 km\n> 20 km",
		"I asked <asha@mail.example> and she said:\n\nyes",
		"Original message was better",
		"Subject: the cycle\nis nice",
	} {
		if got := mailin.Own(text); got != strings.ReplaceAll(text, "-- \n", "--\n") {
			t.Errorf("of %q was kept %q", text, got)
		}
	}
}

func TestALineAboveTheQuoteIsNoPartOfWhatIntroducesIt(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"Come at six\nOn Mon, Feb 3, 2025 at 10:11 AM Asha <a@b.example> wrote:\n> Is it there?", "Come at six"},
		{"On Tuesday I am here\nOn Mon, Feb 3, 2025 at 10:11 AM Asha <a@b.example> wrote:\n> Is it there?", "On Tuesday I am here"},
		{"Come at 10:30\nOn Mon, Feb 3, 2025 at 10:11 AM Asha\n<a-1234@b.example> wrote:\n> Is it there?", "Come at 10:30"},
		{"Am Dienstag\nAm 03.02.25 um 10:11 schrieb Asha:\n> Da?", "Am Dienstag"},
		{"Ja\n\nAsha <a@b.example> schrieb am Mo., 3. Feb. 2025, 10:11:\n\n> Da?", "Ja"},
		{"> Is it there?\n\nYes", "Yes"},
		{"On 3 Feb 2025, at 10:11, Asha <a@b.example> wrote:\n> One?\nYes\n> Two?\nNo\n-- \nBilal", "Yes\n\nNo"},
		{"Yes\n\nReply above this line\n\nIs it there?", "Yes"},
		{"Yes\n\n##- Reply above this line -##\n\nIs it there?", "Yes"},
		{"Yes\n\nOn 3 Feb 2025, at 10:11, Asha <a@b.example> wrote:\n\nIs it there?\nI come", "Yes"},
		{"\n \n> Is it there?\nOn 3 Feb 2025, at 10:11, Asha <a@b.example> wrote:\n", ""},
		{"Reply above this line\nIs it there?", ""},
		{"-----Original Message-----\nFrom: Asha", ""},
	} {
		if got := mailin.Own(c.text); got != c.want {
			t.Errorf("of %q is own %q, not %q", c.text, got, c.want)
		}
	}
}
