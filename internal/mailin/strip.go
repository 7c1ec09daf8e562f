package mailin

import (
	"regexp"
	"slices"
	"strings"
)

// Marker is the line that stands above what our own mails quote: what is written above it is the
// answer.
const Marker = "Reply above this line"

const (
	attributionLines = 4 // of "On … wrote:", where programs break it
	attributionChars = 500
	headerLines      = 9  // of a block of From:, Sent:, To:, Subject:
	signatureLines   = 20 // behind "-- ", else what follows is no signature
	dashLines        = 6  // behind "--" without the space
)

// Own returns what the author of a mail has written of its text: without quotes and the lines
// that introduce them, and without signatures. What stands between quotes is kept.
func Own(s string) string {
	own, _ := strip(s)
	return own
}

// strip is Own, with the Content-IDs of the pictures within it.
func strip(s string) (own string, pictures []string) {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], "\r")
	}
	var parts []string
	introduced, quoted := false, false // by a line that only quotes have
	begin := 0
	flush := func(end int) {
		if begin < end {
			if part := ownPart(lines[begin:end]); part != "" {
				parts = append(parts, part)
			}
		}
	}
	i := 0
	for i < len(lines) {
		if isQuote(lines[i]) {
			flush(i)
			quoted = true
			i++
			begin = i
			continue
		}
		if cutsHere(lines[i:]) {
			introduced = true
			break
		}
		n, strong := attribution(lines[i:])
		if n > 0 {
			next := i + n
			for next < len(lines) && blankLine(lines[next]) {
				next++
			}
			follows := next == len(lines) || isQuote(lines[next]) || cutsHere(lines[next:])
			if follows || strong {
				introduced = true
				flush(i)
				begin = next
			}
			if !follows && strong {
				i = begin
				break
			}
			if follows {
				i = next
				continue
			}
		}
		i++
	}
	flush(min(i, len(lines)))
	own = strings.Join(parts, "\n\n")
	if own == "" && quoted && !introduced {
		// Somebody has begun all of their own lines with ">".
		own = strings.TrimSpace(s)
	}
	return takePictures(own)
}

// takePictures takes the signs of pictures out of a text.
func takePictures(s string) (string, []string) {
	var pictures []string
	var out strings.Builder
	for {
		before, rest, ok := strings.Cut(s, string(pictureBegin))
		out.WriteString(before)
		if !ok {
			break
		}
		id, after, _ := strings.Cut(rest, string(pictureEnd))
		pictures = append(pictures, id)
		s = after
	}
	return tidy(signs.Replace(out.String())), pictures
}

var signs = strings.NewReplacer(string(cutSign), "", string(pictureEnd), "", string(ownSign), "")

var emptyLines = regexp.MustCompile(`\n[ \t]*(?:\n[ \t]*){2,}`)

// tidy leaves one empty line where there are several, and none at the ends.
func tidy(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " \t")
	}
	return strings.Trim(emptyLines.ReplaceAllString(strings.Join(lines, "\n"), "\n\n"), "\n\t ")
}

func blankLine(s string) bool { return strings.TrimSpace(s) == "" }

var quoteLine = regexp.MustCompile(`^\s{0,3}[>＞]`)

func isQuote(s string) bool { return quoteLine.MatchString(s) }

// ownPart is what stands between quotes, without what is no text of its author.
func ownPart(lines []string) string {
	lines = trimLines(lines)
	for i, line := range lines {
		rest := len(lines) - i - 1
		if line == "-- " && rest <= signatureLines || strings.TrimSpace(line) == "--" && rest <= dashLines {
			lines = trimLines(lines[:i])
			break
		}
	}
	var kept []string
	for _, line := range lines {
		if !placeholder.MatchString(line) {
			kept = append(kept, line)
		}
	}
	// A phone's line stands below what was written, and a rule below that.
	for range 3 {
		if kept = trimLines(kept); len(kept) == 0 {
			break
		}
		last := strings.TrimSpace(linkBehind.ReplaceAllString(kept[len(kept)-1], ""))
		if !rule.MatchString(last) && !sentFrom.MatchString(last) {
			break
		}
		kept = kept[:len(kept)-1]
	}
	return tidy(strings.Join(kept, "\n"))
}

// trimLines takes empty lines from both ends.
func trimLines(lines []string) []string {
	for len(lines) > 0 && blankLine(lines[0]) {
		lines = lines[1:]
	}
	for len(lines) > 0 && blankLine(lines[len(lines)-1]) {
		lines = lines[:len(lines)-1]
	}
	return lines
}

var (
	// What programs write in a plain text where a picture stands.
	placeholder = regexp.MustCompile(`^\s*\[(?i:cid:|image:|inline image|bild:|图片)[^\]]*\]\s*$`)
	linkBehind  = regexp.MustCompile(`\s*<https?://[^<>]*>\s*$`)
	rule        = regexp.MustCompile(`^[_*=\-─]{5,}$`)
)

// cutsHere tells whether the first line begins something quoted that goes on to the end.
func cutsHere(lines []string) bool {
	first := lines[0]
	switch {
	case strings.ContainsRune(first, cutSign), original.MatchString(first):
		return true
	case len(first) < 200 && strings.Contains(strings.ToLower(first), strings.ToLower(Marker)):
		return true
	}
	return headerBlock(lines)
}

// headerBlock tells whether lines begin with what Outlook and its like write above a mail that they
// quote: who has sent it, when, to whom and what about.
func headerBlock(lines []string) bool {
	if k := headerKind(lines[0]); k != fromLabel && k != sentLabel {
		return false
	}
	found := map[string]bool{}
	address := false
	for i := 0; i < len(lines) && i < headerLines; i++ {
		k := headerKind(lines[i])
		if k != "" {
			found[k] = true
			address = address || strings.Contains(lines[i], "@")
		} else if blankLine(lines[i]) && len(found) > 1 {
			break
		}
	}
	return found[fromLabel] && found[sentLabel] && (found[subjectLabel] || found[toLabel] && address)
}

func headerKind(line string) string {
	if m := headerLabel.FindStringSubmatch(line); m != nil {
		return labels[strings.ToLower(strings.TrimSpace(m[1]))]
	}
	return ""
}

// attribution tells how many of the first lines introduce a quote, such as "On Monday Asha wrote:".
// It is strong when nobody would write it so: what follows is a quote however it looks.
func attribution(lines []string) (n int, strong bool) {
	n, _, address, date := introduces(lines)
	if n > 1 {
		// It may be that the first line is somebody's own, and the others say all of it.
		if m, again, _, whole := introduces(lines[1:n]); m == n-1 && again == 0 && whole {
			return 0, false
		}
	}
	return n, address && date
}

// introduces is attribution, with the form that was found and what the lines name.
func introduces(lines []string) (n, form int, address, date bool) {
	joined := ""
	for n = 1; n <= attributionLines && n <= len(lines); n++ {
		line := strings.TrimSpace(lines[n-1])
		if line == "" || len(joined)+len(line) > attributionChars {
			break
		}
		joined = strings.TrimSpace(joined + " " + line)
		if !strings.HasSuffix(joined, ":") && !strings.HasSuffix(joined, "：") {
			continue
		}
		form = slices.IndexFunc(attributions, func(r *regexp.Regexp) bool { return r.MatchString(joined) })
		address, date = strings.Contains(joined, "@"), dated.MatchString(addresses.ReplaceAllString(joined, ""))
		switch {
		case form < 0, !address && !hasDigit.MatchString(joined):
		case n > 1 && form > 0 && !dated.MatchString(addresses.ReplaceAllString(lines[0], "")):
		default:
			return n, form, address, date
		}
		break
	}
	return 0, -1, false, false
}
