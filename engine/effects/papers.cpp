#include "effects/papers.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "requests/return_store.h"

namespace sealdesk::effects {
namespace {

std::string joined(std::span<const std::string> lines) {
    std::string text;
    for (const std::string& line : lines) {
        text += (text.empty() ? "" : "\n") + line;
    }
    return text;
}

std::string roc_day(Instant at) { return to_roc_text(day_in_taipei(at)); }

std::string result_text(News::Kind kind, Language language) {
    const bool approved = kind == News::Kind::Approved;
    if (language == Language::English) {
        return approved ? "approved" : "rejected";
    }
    return approved ? "核准" : "不予核准";
}

std::string explanation_of(const Matter& matter, const News& news) {
    if (news.kind == News::Kind::Approved) {
        const std::string reply = matter.text(news.text).zh;
        const std::string after = matter.text("after").zh;
        return reply + (after.empty() ? "" : "\n" + after);
    }
    return "台端申請經審驗不予核准，理由如下。如仍有需要，請備齊文件重新提出申請。";
}

/// What lies in the envelope beside the letter; empty when the form brings nothing.
std::string enclosed_with(const Matter& matter) {
    if (std::ranges::find(matter.form.effects, "slip", &scheme::Effect::kind) ==
        matter.form.effects.end()) {
        return "";
    }
    const scheme::Delivery* chosen =
        matter.form.find_delivery(matter.value(matter.form.roles.delivery));
    const bool electronic = chosen != nullptr && chosen->slip == scheme::Channel::Electronic;
    return electronic ? "收據（含電子密碼單開啟碼）" : "憑證作業網站密碼單";
}

}  // namespace

slips::Fields head_fields(const scheme::Scheme& scheme) {
    const scheme::Authority& authority = scheme.authority;
    return {{"scheme_title", scheme.title.zh},
            {"authority_name", authority.name.zh},
            {"authority_address", authority.address.zh},
            {"authority_phone", authority.phone}};
}

News news_of(store::Tx& tx, const Matter& matter, const requests::Decision& decision) {
    News news{News::Kind::Approved};
    const std::string by_ground = "reply_" + matter.value(matter.form.roles.ground);
    if (matter.form.texts.contains(by_ground)) {
        news.text = by_ground;
    }
    if (decision.outcome == requests::to_text(requests::Verdict::Reject)) {
        news.kind = News::Kind::Rejected;
    } else if (decision.outcome == requests::to_text(requests::Verdict::Return)) {
        news.kind = News::Kind::Returned;
        const auto stay =
            requests::return_decided_on(tx, decision.request, decision.request_version);
        news.last_day_roc = stay ? stay->last_day_roc() : "";
        news.last_day_iso = stay ? stay->last_day_iso() : "";
    }
    for (const auto& reason : nlohmann::json::parse(decision.reasons)) {
        news.reasons.push_back(reason.get<std::string>());
    }
    return news;
}

slips::Delivery paper_delivery(const Matter& matter) {
    const scheme::Delivery* chosen =
        matter.form.find_delivery(matter.value(matter.form.roles.delivery));
    const bool picked_up = chosen != nullptr && chosen->goods == scheme::Channel::Counter &&
                           chosen->slip == scheme::Channel::Counter;
    return picked_up ? slips::Delivery::Counter : slips::Delivery::Post;
}

slips::Fields slip_texts(const Matter& matter) {
    slips::Fields fields = head_fields(matter.scheme);
    const scheme::Authority& authority = matter.scheme.authority;
    fields["website"] =
        authority.account_website.empty() ? authority.website : authority.account_website;
    if (matter.scheme.accounts) {
        fields["strikes"] = std::to_string(matter.scheme.accounts->strikes);
    }
    return fields;
}

slips::Fields receipt_fields(const Matter& matter, std::span<const requests::Charge> fees,
                             Instant now) {
    slips::Fields fields = head_fields(matter.scheme);
    std::vector<std::string> items;
    std::vector<std::string> amounts;
    std::int64_t total = 0;
    for (const scheme::Fee& fee : scheme::fees_due(matter.form, matter.values)) {
        items.push_back(fee.label.zh);
        amounts.push_back(std::to_string(fee.amount_twd));
    }
    for (const requests::Charge& line : fees) {
        total += line.amount_twd;
        fields["receipt_number"] = line.receipt_number;
    }
    if (items.empty()) {
        items.emplace_back("免收費用");
        amounts.emplace_back("0");
    }
    const scheme::Delivery* chosen =
        matter.form.find_delivery(matter.value(matter.form.roles.delivery));
    fields["request_number"] = matter.request.number;
    fields["form_title"] = matter.form.title.zh;
    fields["applicant_name"] = matter.request.applicant_name;
    fields["issued_on"] = roc_day(now);
    fields["delivery_label"] = chosen == nullptr ? "現場領取" : chosen->label.zh;
    fields["fee_items"] = joined(items);
    fields["fee_amounts"] = joined(amounts);
    fields["total"] = std::to_string(total);
    return fields;
}

slips::Fields letter_fields(const Matter& matter, const News& news, const subscribers::Contact& to,
                            Instant now) {
    slips::Fields fields = head_fields(matter.scheme);
    fields["recipient_name"] = to.name;
    fields["recipient_address"] = to.address;
    fields["postal_code"] = to.postal_code;
    fields["issued_on"] = roc_day(now);
    fields["request_number"] = matter.request.number;
    fields["form_title"] = matter.form.title.zh;
    fields["received_on"] = roc_day(matter.request.received_at);
    fields["applicant_name"] = matter.request.applicant_name;
    if (!news.reasons.empty()) {
        fields["reasons"] = joined(news.reasons);
    }
    if (news.kind == News::Kind::Returned) {
        if (!news.last_day_roc.empty()) {
            fields["due_on"] = news.last_day_roc;
        }
        return fields;
    }
    fields["result"] = result_text(news.kind, Language::Chinese);
    fields["result_en"] = result_text(news.kind, Language::English);
    fields["explanation"] = explanation_of(matter, news);
    if (news.kind == News::Kind::Approved && !enclosed_with(matter).empty()) {
        fields["enclosed"] = enclosed_with(matter);
    }
    return fields;
}

Notice words_of(const Matter& matter, const News& news) {
    Notice words{"approved",
                 {{"form_title", matter.form.title.zh}, {"form_title_en", matter.form.title.en}}};
    if (news.kind == News::Kind::Approved) {
        const Bilingual reply = matter.text(news.text);
        const Bilingual after = matter.text("after");
        words.fields["explanation"] = explanation_of(matter, news);
        words.fields["explanation_en"] = reply.en + (after.en.empty() ? "" : "\n" + after.en);
        return words;
    }
    words.text = "rejected";
    words.fields["reasons"] = joined(news.reasons);
    if (news.kind == News::Kind::Returned) {
        words.text = "returned";
        words.fields["due_on"] = news.last_day_roc;
        words.fields["due_on_iso"] = news.last_day_iso;
    }
    return words;
}

Notice notice_of(const Matter& matter, const News& news) {
    const Bilingual what = matter.text(news.text);
    return {"office-notice",
            {{"form_title", matter.form.title.zh},
             {"form_title_en", matter.form.title.en},
             {"explanation", what.zh},
             {"explanation_en", what.en}}};
}

Result<mail::WrittenMail> written(const Works& works, const Matter& matter, const Notice& notice,
                                  const subscribers::Contact& to) {
    mail::TextFields fields = notice.fields;
    fields["recipient_name"] = to.name;
    fields["request_number"] = matter.request.number;
    return works.stationery.texts.compose(matter.scheme, notice.text, fields);
}

slips::Fields notice_fields(const Matter& matter, const mail::WrittenMail& words,
                            const subscribers::Contact& to, Instant now) {
    slips::Fields fields = head_fields(matter.scheme);
    fields["recipient_name"] = to.name;
    fields["recipient_address"] = to.address;
    fields["postal_code"] = to.postal_code;
    fields["issued_on"] = roc_day(now);
    fields["request_number"] = matter.request.number;
    fields["applicant_name"] = matter.request.applicant_name;
    fields["id_number"] = matter.request.id_number;
    fields["subject"] = words.heading.zh;
    fields["explanation"] = words.body.zh;
    fields["explanation_en"] = words.body.en;
    return fields;
}

Result<mail::OutgoingMail> mail_about(const Works& works, const Matter& matter,
                                      const Notice& notice, const Addressed& addressed) {
    auto words = written(works, matter, notice, addressed.to);
    if (!words) {
        return words.error();
    }
    return mail::OutgoingMail{.dedup_key = addressed.key,
                              .kind = "notice",
                              .subject_ref = matter.request.id.value(),
                              .to = {addressed.to.name, addressed.to.email},
                              .subject = std::move(words->subject),
                              .text = std::move(words->text),
                              .html = std::move(words->html)};
}

Result<mail::OutgoingMail> news_mail(const Works& works, const Matter& matter, const News& news,
                                     const Addressed& addressed) {
    auto mail = mail_about(works, matter, words_of(matter, news), addressed);
    if (mail) {
        mail->kind = "result";
    }
    return mail;
}

Outcome tell_by_mail(store::Tx& tx, const Works& works, const Matter& matter, const Notice& notice,
                     const Addressed& addressed) {
    if (addressed.to.email.empty()) {
        return done();
    }
    return post(tx, works, matter, mail_about(works, matter, notice, addressed));
}

Outcome tell_by_letter(store::Tx& tx, const Works& works, const Matter& matter,
                       const Notice& notice, const Addressed& addressed) {
    const auto words = written(works, matter, notice, addressed.to);
    if (!words) {
        return words.error();
    }
    slips::add_print_item(
        tx,
        {slips::PrintKind::Letter, matter.request.id, slips::Delivery::Post, matter.scheme.id,
         "notice-letter", notice_fields(matter, *words, addressed.to, tx.now()), addressed.key});
    return done();
}

Outcome tell_notice(store::Tx& tx, const Works& works, const Matter& matter, const Notice& notice,
                    const Addressed& addressed) {
    return addressed.to.email.empty() ? tell_by_letter(tx, works, matter, notice, addressed)
                                      : tell_by_mail(tx, works, matter, notice, addressed);
}

Outcome post(store::Tx& tx, const Works& works, const Matter& matter,
             const Result<mail::OutgoingMail>& mail) {
    if (!mail) {
        return mail.error();
    }
    const auto enqueued =
        mail::enqueue(tx, works.stationery.identity_of(matter.scheme.authority), *mail);
    return enqueued ? done() : Outcome(enqueued.error());
}

}  // namespace sealdesk::effects
