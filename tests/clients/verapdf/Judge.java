// Judges a PDF by veraPDF: java Judge FILE FLAVOUR...; prints each failed rule, and exits with 1 where there is one.

import java.io.FileInputStream;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.PDFAValidator;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;

public class Judge {
    public static void main(String[] args) throws Exception {
        VeraGreenfieldFoundryProvider.initialise();
        boolean good = args.length > 1;
        for (int i = 1; i < args.length; i++) {
            PDFAFlavour flavour = PDFAFlavour.fromString(args[i]);
            try (FileInputStream in = new FileInputStream(args[0]);
                    PDFAParser parser = Foundries.defaultInstance().createParser(in, flavour);
                    PDFAValidator validator = Foundries.defaultInstance().createValidator(flavour, false)) {
                ValidationResult result = validator.validate(parser);
                String verdict = result.isCompliant() ? " PASS " : " FAIL ";
                System.out.println(args[i] + verdict + result.getTotalAssertions() + " checks");
                for (TestAssertion assertion : result.getTestAssertions()) {
                    if (assertion.getStatus() == TestAssertion.Status.FAILED) {
                        System.out.println("  " + assertion.getRuleId().getClause() + " test "
                                + assertion.getRuleId().getTestNumber() + ": " + assertion.getMessage()
                                + " at " + assertion.getLocation().getContext());
                    }
                }
                good &= result.isCompliant();
            }
        }
        System.exit(good ? 0 : 1);
    }
}
