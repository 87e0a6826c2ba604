import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertPathValidator;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertStore;
import java.security.cert.CertificateFactory;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXParameters;
import java.security.cert.PKIXRevocationChecker;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Date;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * What Java's PKIX validation (RFC 5280 §6) says of certificates and CRLs: one line for each line
 * of a list, so that one start of Java is enough. A line names PEM files, the chain's with the
 * certificate itself first: "policy TAB trusted TAB chain TAB crls", or "trusted TAB crl".
 */
public class CertPathCheck {
    private static CertificateFactory factory;

    public static void main(String[] arguments) throws Exception {
        factory = CertificateFactory.getInstance("X.509");
        for (String line : Files.readAllLines(Path.of(arguments[0]), StandardCharsets.UTF_8)) {
            String[] part = line.split("\t", -1);
            String verdict;
            try {
                verdict = part.length == 2 ? crl(part[0], part[1])
                                           : path(part[0], part[1], part[2], part[3]);
            } catch (Exception fault) {
                verdict = fault.toString().replace('\n', ' ');
            }
            System.out.println(verdict);
        }
    }

    /** Revocation by the CRLs given and nothing else; the policy is asked for. */
    private static String path(String policy, String trusted, String chain, String crls)
            throws Exception {
        TrustAnchor anchor = new TrustAnchor(certificates(trusted).get(0), null);
        PKIXParameters parameters = new PKIXParameters(Set.of(anchor));
        parameters.setInitialPolicies(Set.of(policy));
        parameters.setExplicitPolicyRequired(true);
        parameters.addCertStore(CertStore.getInstance(
                "Collection", new CollectionCertStoreParameters(revocationLists(crls))));
        CertPathValidator validator = CertPathValidator.getInstance("PKIX");
        PKIXRevocationChecker checker = (PKIXRevocationChecker) validator.getRevocationChecker();
        checker.setOptions(EnumSet.of(PKIXRevocationChecker.Option.PREFER_CRLS,
                                      PKIXRevocationChecker.Option.NO_FALLBACK));
        parameters.addCertPathChecker(checker);
        try {
            validator.validate(factory.generateCertPath(certificates(chain)), parameters);
            return "good";
        } catch (CertPathValidatorException refused) {
            return switch (refused.getReason().toString()) {
                case "REVOKED" -> "revoked";
                case "UNDETERMINED_REVOCATION_STATUS" -> "unknown";
                case "NO_TRUST_ANCHOR" -> "stranger";
                default -> refused.getReason() + ": " + refused.getMessage();
            };
        }
    }

    private static String crl(String trusted, String file) throws Exception {
        X509CRL list = revocationLists(file).get(0);
        list.verify(certificates(trusted).get(0).getPublicKey());
        boolean current = list.getNextUpdate().after(new Date());
        return list.getVersion() == 2 && current ? "good" : "not good";
    }

    private static List<X509Certificate> certificates(String files) throws Exception {
        List<X509Certificate> read = new ArrayList<>();
        for (String file : files.trim().split(" ")) {
            try (InputStream in = Files.newInputStream(Path.of(file))) {
                read.add((X509Certificate) factory.generateCertificate(in));
            }
        }
        return read;
    }

    private static List<X509CRL> revocationLists(String files) throws Exception {
        List<X509CRL> read = new ArrayList<>();
        for (String file : files.trim().split(" ")) {
            try (InputStream in = Files.newInputStream(Path.of(file))) {
                read.add((X509CRL) factory.generateCRL(in));
            }
        }
        return read;
    }
}
