"""A document as PDF: one page with the few words that tell it apart."""

from __future__ import annotations

from quickbooks_core.catalog import Entity

from quickbooks_sandbox.json_text import Document


def pdf(entity: Entity, document: Document) -> bytes:
    """A whole file of PDF 1.4."""
    words = (
        entity.name,
        f"No. {document.get('DocNumber', document['Id'])}",
        f"Date {document.get('TxnDate', '')}",
        f"Total {document.get('TotalAmt', '')}",
    )
    text = "".join(f"({_escaped(line)}) Tj T* " for line in words)
    stream = f"BT /F1 12 Tf 72 720 Td 16 TL {text}ET".encode("latin-1", "replace")
    return _file(
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )


def _escaped(text: str) -> str:
    return "".join(f"\\{sign}" if sign in "\\()" else sign for sign in text)


def _file(*objects: bytes) -> bytes:
    """Objects numbered from 1, and the table of where each begins."""
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    begin = len(out)
    rows = b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(objects) + 1, rows)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, begin)
    return bytes(out)
