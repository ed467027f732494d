"""XLM-R's tokenizer, as real SentencePiece cuts text, built from its pieces and its normalisation map."""

from collections.abc import Mapping, Sequence

from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

SPECIAL = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")


def xlmr_tokenizer(pieces: Sequence[tuple[str, float]], normalisation: Mapping[str, str]) -> Tokenizer:
    """The tokenizer of XLM-R.

    pieces: piece and log-probability in the order of XLM-R's ids: <s> <pad> </s> <unk>, the pieces, <mask>.
    normalisation: character → replacement, as the file has it.
    """
    tokenizer = Tokenizer(models.Unigram(list(pieces), 3, False))
    tokenizer.normalizer = normalizers.Sequence(  # type: ignore[assignment]
        [normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " "),
         normalizers.Strip(left=False, right=True)]
    )  # fmt: skip
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace("▁", "always")  # type: ignore[assignment]
    tokenizer.post_processor = processors.TemplateProcessing(  # type: ignore[assignment]
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    tokenizer.add_special_tokens([AddedToken(text, special=True, normalized=False) for text in SPECIAL])
    return tokenizer
