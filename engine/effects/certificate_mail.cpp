#include "crypto/certificate.h"
#include "effects/papers.h"
#include "subscribers/certificate.h"

namespace sealdesk::effects {
namespace {

Notice words_about(const subscribers::Certificate& certificate, const std::string& subject) {
    return {"certificate-issued",
            {{"serial", certificate.serial},
             {"subject", subject},
             {"valid_from", to_taipei_text(certificate.not_before)},
             {"valid_to", to_taipei_text(certificate.not_after)}}};
}

}  // namespace

/// The certificate of a non-card subscriber, with the request to accept it (M 4.2.1.1 (4) B,
/// M 4.3.1 (2)). The job's key is the serial number.
Outcome run_certificate_mail(const Works& works, const queue::Job& job) {
    return store::transact(
        works.office.database, "effect.certificate-mail", [&](store::Tx& tx) -> Outcome {
            const Matter matter = read_matter(tx, works, RequestId(job.subject));
            const auto certificate = subscribers::find_certificate(tx, job.key);
            if (!certificate) {
                throw_internal("certificate.missing", "A job tells of a certificate that is gone.");
            }
            const auto to = subscribers::current_contact(tx, certificate->subscriber);
            const auto parsed = crypto::Certificate::parse_keyless(certificate->der);
            if (!parsed) {
                return parsed.error();
            }
            if (!to.email.empty()) {
                auto mail = mail_about(works, matter, words_about(*certificate, parsed->subject()),
                                       {to, "certificate:" + certificate->serial});
                if (mail) {
                    mail->kind = "certificate";
                    mail->attachments = {
                        {certificate->serial + ".cer", "application/pkix-cert", certificate->der}};
                }
                Outcome posted = post(tx, works, matter, mail);
                if (!posted) {
                    return posted;
                }
            }
            return queue::complete(tx, job);
        });
}

}  // namespace sealdesk::effects
