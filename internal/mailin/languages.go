package mailin

import "regexp"

// Programs write what they add in the language of who uses them.

var (
	hasDigit = regexp.MustCompile(`\p{Nd}`)
	dated    = regexp.MustCompile(`\p{Nd}{4}|\p{Nd}{1,2}[:.]\p{Nd}{2}`)
	// addresses have digits, too.
	addresses = regexp.MustCompile(`<[^<>]*>|\S+@\S+`)
)

// attributions introduce a quote: with a word in front and a verb behind, or a verb that nobody ends
// a line with, or the address of who has written.
var attributions = []*regexp.Regexp{
	regexp.MustCompile(`^(?i:on|am|le|el|il|em|op|den|dnia|w dniu)\s.+\s(?i:wrote|schrieb(?:\s.+)?|a écrit|escribió|ha scritto|escreveu|schreef(?:\s.+)?|skrev(?:\s.+)?|napisał\(?a?\)?)\s?[:：]$`),
	regexp.MustCompile(`^.+\s(?i:wrote|schrieb(?:\s.+)?|a écrit|escribió|ha scritto|escreveu|schreef(?:\s.+)?|пишет|писал\(а\)|писала?|написал\(а\)|написала?)\s?[:：]$`),
	regexp.MustCompile(`(?:ने लिखा|さんは書きました|さんが書きました|のメール|写道|寫道|写到)\s?[:：]$`),
	regexp.MustCompile(`<[^<>\s]+@[^<>\s]+>\s?[:：]$`),
}

// original is the line above what is quoted without signs of its own. What somebody forwards is theirs to
// show, and has another one.
var original = regexp.MustCompile(`^\s*-{2,}\s*(?i:original message|original appointment|ursprüngliche nachricht|originalnachricht|urspr\. nachricht|message d'origine|message d’origine|message original|mensaje original|messaggio originale|mensagem original|oorspronkelijk bericht|исходное сообщение|исходное письмо|пересылаемое сообщение|मूल संदेश|元のメッセージ|原始邮件|原始郵件|原郵件|邮件原件)\s*-{2,}\s*$`)

const (
	fromLabel    = "from"
	sentLabel    = "sent"
	toLabel      = "to"
	subjectLabel = "subject"
)

// headerLabel is a line such as "From: Asha", "*Von:* Asha" or "发件人：Asha".
var headerLabel = regexp.MustCompile(`^[\s*_]*([\p{L}\p{M}][\p{L}\p{M} ]{0,20}?)\s*\*?\s*[:：]`)

// labels of the four, in lower case.
var labels = map[string]string{
	"from": fromLabel, "von": fromLabel, "de": fromLabel, "da": fromLabel, "van": fromLabel, "от": fromLabel, "отправитель": fromLabel,
	"प्रेषक": fromLabel, "差出人": fromLabel, "送信者": fromLabel, "发件人": fromLabel, "寄件者": fromLabel, "寄件人": fromLabel, "發件人": fromLabel,

	"sent": sentLabel, "date": sentLabel, "gesendet": sentLabel, "datum": sentLabel, "envoyé": sentLabel, "enviado": sentLabel, "enviado el": sentLabel,
	"fecha": sentLabel, "inviato": sentLabel, "data": sentLabel, "enviada em": sentLabel, "enviado em": sentLabel, "enviada": sentLabel, "verzonden": sentLabel,
	"отправлено": sentLabel, "дата": sentLabel, "भेजा गया": sentLabel, "भेजा": sentLabel, "तारीख": sentLabel, "दिनांक": sentLabel, "送信日時": sentLabel, "日時": sentLabel, "日付": sentLabel,
	"发送时间": sentLabel, "日期": sentLabel, "寄件日期": sentLabel, "傳送時間": sentLabel, "時間": sentLabel,

	"to": toLabel, "an": toLabel, "à": toLabel, "para": toLabel, "a": toLabel, "aan": toLabel, "кому": toLabel, "प्रति": toLabel,
	"宛先": toLabel, "收件人": toLabel, "收件者": toLabel,

	"subject": subjectLabel, "betreff": subjectLabel, "objet": subjectLabel, "asunto": subjectLabel, "oggetto": subjectLabel, "assunto": subjectLabel,
	"onderwerp": subjectLabel, "тема": subjectLabel, "विषय": subjectLabel, "件名": subjectLabel, "主题": subjectLabel, "主旨": subjectLabel, "主題": subjectLabel,
}

// sentFrom is the line that phones and programs add below what was written. It holds nothing else: a
// sentence that goes on is somebody's own.
var sentFrom = regexp.MustCompile(`^(?i:` +
	// Of devices.
	`(?:sent|gesendet|envoyé|enviado|inviato|verzonden|verstuurd|отправлено) (?:from|von|vom|aus|de|do|desde|da|dal|van|vanaf|vanuit|с|из)(?: (?:my|meinem|mon|mi|il mio|meu|mijn|моего))? ?` +
	`(?:iphone|ipad|ipod|android(?:[ -][^.]{0,20})?|samsung[^.]{0,40}|galaxy[^.]{0,30}|xiaomi[^.]{0,20}|huawei[^.]{0,20}|oneplus[^.]{0,20}|pixel[^.]{0,20}|blackberry[^.]{0,20}|mobile(?: device)?|phone|smartphone|mobil(?:e|telefon)?|handy|tablet|outlook(?: (?:for|für|pour|para|per|voor|для) .{2,20})?|mail (?:for|für|pour|para|per|voor) windows(?: 1\d)?|yahoo mail[^.]{0,40}|gmail[^.]{0,20}|aol[^.]{0,30}|proton ?mail[^.]{0,20}|gmx mail[^.]{0,20}|web\.de mail[^.]{0,20}|thunderbird[^.]{0,30}|почты[^.]{0,40}|mail\.ru[^.]{0,30})(?: smartphone)?\.?` +
	`|(?:enviado|envoyé|inviato) (?:do meu|de mon|de mi|desde mi|dal mio|da) (?:iphone|ipad|smartphone[^.]{0,30}|android[^.]{0,20}|mobile|portable|móvil|telemóvel|celular|galaxy[^.]{0,30}|samsung[^.]{0,30})\.?` +
	`|von (?:meinem|meiner) (?:iphone|ipad|samsung[^.]{0,40}|galaxy[^.]{0,40}|android[^.]{0,30}|handy|smartphone|mobiltelefon) gesendet\.?` +
	`|diese nachricht wurde von meinem .{2,60} gesendet\.?` +
	`|verzonden vanaf mijn .{2,30}` +
	`|sent (?:with|using|via) .{2,60}(?:mail|app|android|ios)[^.]{0,20}\.?` +
	`|envoyé (?:avec|depuis|à partir de) .{2,60}` +
	`|(?:मेरे|मेरी) .{2,30} से भेजा गया[।.]?` +
	`|(?:私の)?(?:iphone|ipad|android)から送信` +
	`|(?:发自|發自)我的 ?.{2,30}` +
	`|自?从我的 ?.{2,20} ?(?:发送|发出)` +
	// Of Outlook's program for phones, with or without where it is to be had.
	`|(?:get|holen sie sich|laden sie|téléchargez|télécharger|obtenir|obtener|obtén|ottieni|scarica|obter|obtenha|download|скачать|получите|下载|获取|取得) outlook (?:for|für|pour|para|per|voor|для|适用于)? ?(?:android|ios|mac)(?: ?<[^>]*>)?` +
	`|outlook für (?:android|ios)(?: ?<[^>]*>)? (?:beziehen|herunterladen)(?: ?<[^>]*>)?` +
	`|(?:outlook für (?:android|ios)|outlook for (?:android|ios)) ?(?:<[^>]*>)?(?: を入手)?` +
	`)$`)
