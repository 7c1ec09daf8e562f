package chat

import (
	"errors"
	"strings"
	"testing"
)

func TestParseMoney(t *testing.T) {
	for name, c := range map[string]struct {
		amount   int64
		currency string
		code     Code
	}{
		"free":                       {0, "INR", ""},
		"usual":                      {850000, "INR", ""},
		"the most":                   {MaxPrice, "EUR", ""},
		"more":                       {MaxPrice + 1, "INR", Invalid},
		"the largest number":         {1<<63 - 1, "INR", Invalid},
		"less than nothing":          {-1, "INR", Invalid},
		"an unknown currency":        {1, "XXX", Invalid},
		"a currency in small":        {1, "inr", Invalid},
		"no currency":                {1, "", Invalid},
		"a currency with blanks":     {1, " INR", Invalid},
		"several currencies at once": {1, "INR, USD", Invalid},
	} {
		got, err := ParseMoney(c.amount, c.currency)
		if CodeOf(err) != c.code {
			t.Errorf("%s: got %v, want code %q", name, err, c.code)
		}
		if err == nil && got != (Money{c.amount, c.currency}) {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

func TestListingDraftParse(t *testing.T) {
	good := ListingDraft{
		Title: "Hero Sprint cycle", Description: "As new.", Price: Money{850000, "INR"},
		Category: "cycles", Condition: "good", City: "Pune", Negotiable: true,
	}
	if got, err := good.Parse(); err != nil || got != good {
		t.Fatalf("got %+v, %v, want it unchanged", got, err)
	}
	for name, c := range map[string]struct {
		change func(*ListingDraft)
		field  string // at fault; "" for none
	}{
		"no description":          {func(d *ListingDraft) { d.Description = "" }, ""},
		"no city":                 {func(d *ListingDraft) { d.City = "" }, ""},
		"a title of three":        {func(d *ListingDraft) { d.Title = "बैट" }, ""},
		"a title of two":          {func(d *ListingDraft) { d.Title = " ab " }, "title"},
		"a title of 120":          {func(d *ListingDraft) { d.Title = strings.Repeat("🎉", MaxTitleChars) }, ""},
		"a title of 121":          {func(d *ListingDraft) { d.Title = strings.Repeat("🎉", MaxTitleChars+1) }, "title"},
		"a control in the title":  {func(d *ListingDraft) { d.Title = "ab\x00c" }, "title"},
		"a description of 5,000":  {func(d *ListingDraft) { d.Description = strings.Repeat("🎉", MaxDescriptionChars) }, ""},
		"a description of 5,001":  {func(d *ListingDraft) { d.Description = strings.Repeat("🎉", MaxDescriptionChars+1) }, "description"},
		"a bad description":       {func(d *ListingDraft) { d.Description = "\xff" }, "description"},
		"an unknown category":     {func(d *ListingDraft) { d.Category = "boats" }, "category"},
		"a category by its name":  {func(d *ListingDraft) { d.Category = "Cycles" }, "category"},
		"an unknown condition":    {func(d *ListingDraft) { d.Condition = "mint" }, "condition"},
		"a price below nothing":   {func(d *ListingDraft) { d.Price.Amount = -1 }, "price"},
		"an unknown currency":     {func(d *ListingDraft) { d.Price.Currency = "" }, "price"},
		"a city of 80":            {func(d *ListingDraft) { d.City = strings.Repeat("a", MaxCityChars) }, ""},
		"a city of 81":            {func(d *ListingDraft) { d.City = strings.Repeat("a", MaxCityChars+1) }, "city"},
		"not negotiable":          {func(d *ListingDraft) { d.Negotiable = false }, ""},
		"a condition of all caps": {func(d *ListingDraft) { d.Condition = "GOOD" }, "condition"},
	} {
		d := good
		c.change(&d)
		_, err := d.Parse()
		field := ""
		if e, ok := errors.AsType[*Error](err); ok {
			field = e.Field
		}
		if (err != nil) != (c.field != "") || field != c.field {
			t.Errorf("%s: got %v of %q, want the field %q", name, err, field, c.field)
		}
	}
	d := good
	d.Title, d.Description, d.City = " Hero\r\n  Sprint ", "\r\na\r\nb\n", "\tAundh,  Pune "
	got, err := d.Parse()
	if err != nil || got.Title != "Hero Sprint" || got.Description != "a\nb" || got.City != "Aundh, Pune" {
		t.Errorf("got %+v, %v, want it normalised", got, err)
	}
}

func TestCanAsk(t *testing.T) {
	for name, c := range map[string]struct {
		status ListingStatus
		who    UserID
		code   Code
	}{
		"an active one":   {ListingActive, 7, ""},
		"a reserved one":  {ListingReserved, 7, ""},
		"a sold one":      {ListingSold, 7, Invalid},
		"an inactive one": {ListingInactive, 7, Invalid},
		"one's own":       {ListingActive, 3, Invalid},
	} {
		l := Listing{Seller: User{ID: 3}, Status: c.status}
		if got := CodeOf(l.CanAsk(c.who)); got != c.code {
			t.Errorf("%s: got %q, want %q", name, got, c.code)
		}
	}
}

func TestParseListingStatus(t *testing.T) {
	for _, s := range []ListingStatus{ListingActive, ListingReserved, ListingSold, ListingInactive} {
		if got, err := ParseListingStatus(string(s)); err != nil || got != s {
			t.Errorf("%s: got %q, %v", s, got, err)
		}
	}
	for _, s := range []string{"", "Sold", "deleted"} {
		if _, err := ParseListingStatus(s); CodeOf(err) != Invalid {
			t.Errorf("%q: got %v, want invalid", s, err)
		}
	}
}

func TestCategoriesAndConditionsAreWhole(t *testing.T) {
	seen := make(map[string]bool)
	for _, c := range Categories {
		got, ok := CategoryBySlug(c.Slug)
		if !ok || got != c || seen[c.Slug] || c.Name == "" || c.Icon == "" {
			t.Errorf("got %+v, %v for %+v", got, ok, c)
		}
		seen[c.Slug] = true
	}
	if _, ok := CategoryBySlug(""); ok {
		t.Error("there is a category without a slug")
	}
	labels := make(map[string]bool)
	for _, c := range Conditions {
		labels[c.Label()] = true
	}
	if len(labels) != len(Conditions) {
		t.Errorf("got the labels %v for %v", labels, Conditions)
	}
}
