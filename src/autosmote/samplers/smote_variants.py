"""The 85 SMOTE variants of Section 4.3, with the default hyper-parameters of the smote-variants package.

The package has grown since the paper. The paper's 85 are today's oversamplers without SYMPROD, SMOTEWB and
SMOTE_AMSR, which are younger, and with one polynomial fit instead of four. The topology was a parameter of
``polynom_fit_SMOTE`` then, with ``star`` as its default.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from importlib.util import find_spec
from typing import Any

import numpy as np

from autosmote.samplers.spec import NotApplicable, Resample, Resampled, SamplerSpec, Training

CATEGORY = "SMOTE variant"
PREFIX = "smote_variants."

# Class of the package, whether it takes a proportion, reference.
_CLASSES = (
    ("A_SUWO", True, "Nekooeimehr and Lai-Yuen 2016, doi:10.1016/j.eswa.2015.10.031"),
    ("ADASYN", True, "He, Bai, Garcia and Li 2008, doi:10.1109/IJCNN.2008.4633969"),
    ("ADG", True, "Pourhabib, Mallick and Ding 2015, JMLR 16"),
    ("ADOMS", True, "Tang and Chen 2008, doi:10.1109/ITAB.2008.4570642"),
    ("AHC", False, "Cohen et al. 2006, doi:10.1016/j.artmed.2005.03.002"),
    ("AMSCO", False, "Li, Fong, Wong and Chu 2018, doi:10.1016/j.inffus.2017.03.007"),
    ("AND_SMOTE", True, "Yun, Ha and Lee 2016, doi:10.1145/2857546.2857648"),
    ("ANS", True, "Siriseriwan and Sinapiromsaran 2017, Songklanakarin J. of Science and Technology 39"),
    ("ASMOBD", True, "Wang, Li, Chao and Cao 2012, doi:10.1109/IJCNN.2012.6252696"),
    ("Assembled_SMOTE", True, "Zhou, Yang, Guo and Hu 2013, doi:10.1109/IJCNN.2013.6707035"),
    ("Borderline_SMOTE1", True, "Han, Wang and Mao 2005, doi:10.1007/11538059_91"),
    ("Borderline_SMOTE2", True, "Han, Wang and Mao 2005, doi:10.1007/11538059_91"),
    ("CBSO", True, "Barua, Islam and Murase 2011, Neural Information Processing"),
    ("CCR", True, "Koziarski and Wozniak 2017, Int. J. of Applied Mathematics and Computer Science 27"),
    ("CE_SMOTE", True, "Chen, Guo and Chen 2010, doi:10.1109/WAINA.2010.40"),
    ("cluster_SMOTE", True, "Cieslak, Chawla and Striegel 2006, doi:10.1109/GRC.2006.1635905"),
    ("CURE_SMOTE", True, "Ma and Fan 2017, doi:10.1186/s12859-017-1578-z"),
    ("DBSMOTE", True, "Bunkhumpornpat, Sinapiromsaran and Lursinsap 2012, doi:10.1007/s10489-011-0287-y"),
    ("DE_oversampling", True, "Chen, Cai, Chen and Gu 2010, doi:10.1109/WKDD.2010.48"),
    ("DEAGO", True, "Bellinger, Japkowicz and Drummond 2015, doi:10.1109/ICMLA.2015.58"),
    ("distance_SMOTE", True, "de la Calleja and Fuentes 2007, FLAIRS 20"),
    ("DSMOTE", True, "Mahmoudi, Moradi, Akhlaghian and Moradi 2014, doi:10.1109/ICCKE.2014.6993409"),
    ("DSRBF", True, "Fernández-Navarro et al. 2011, doi:10.1016/j.patcog.2011.02.019"),
    ("E_SMOTE", True, "Deepa and Punithavalli 2011, doi:10.1109/ICECTECH.2011.5941710"),
    ("Edge_Det_SMOTE", True, "Kang and Won 2010, doi:10.1109/ICCAS.2010.5669889"),
    ("G_SMOTE", True, "Sandhan and Choi 2014, doi:10.1109/ICPR.2014.258"),
    ("GASMOTE", False, "Jiang, Lu and Xia 2016, doi:10.1007/s13369-016-2179-2"),
    ("Gaussian_SMOTE", True, "Lee, Kim and Kim 2017, Int. J. of Fuzzy Logic and Intelligent Systems 17"),
    ("polynom_fit_SMOTE_star", True, "Gazzah and Essoukri Ben Amara 2008, doi:10.1109/DAS.2008.74"),
    ("Gazzah", True, "Gazzah, Hechkel and Essoukri Ben Amara 2015, doi:10.1109/SSD.2015.7348093"),
    ("IPADE_ID", False, "López et al. 2014, doi:10.1016/j.neucom.2013.01.050"),
    ("ISMOTE", False, "Li, Zou, Wang and Xia 2013, Chinese Intelligent Automation Conference"),
    ("ISOMAP_Hybrid", True, "Gu, Cai and Zhu 2009, doi:10.1007/978-3-642-04843-2_31"),
    ("KernelADASYN", True, "Tang and He 2015, doi:10.1109/CEC.2015.7256954"),
    ("kmeans_SMOTE", True, "Douzas, Bacao and Last 2018, doi:10.1016/j.ins.2018.06.056"),
    ("Lee", True, "Lee, Kim and Lee 2015, doi:10.1145/2701126.2701181"),
    ("LLE_SMOTE", True, "Wang, Xu, Wang and Zhang 2006, doi:10.1109/ICOSP.2006.345752"),
    ("LN_SMOTE", True, "Maciejewski and Stefanowski 2011, doi:10.1109/CIDM.2011.5949434"),
    ("LVQ_SMOTE", True, "Nakamura, Kajiwara, Otsuka and Kimura 2013, BioData Mining"),
    ("MCT", True, "Jiang, Qiu and Li 2015, Int. J. of Pattern Recognition and Artificial Intelligence 29"),
    ("MDO", True, "Abdi and Hashemi 2016, doi:10.1109/TKDE.2015.2458858"),
    ("MOT2LD", True, "Xie, Jiang, Ye and Li 2015, Database Systems for Advanced Applications"),
    ("MSMOTE", True, "Hu, Liang, Ma and He 2009, doi:10.1109/WCSE.2009.756"),
    ("MSYN", True, "Fan, Tang and Weise 2011, Advances in Knowledge Discovery and Data Mining"),
    ("MWMOTE", True, "Barua, Islam, Yao and Murase 2014, doi:10.1109/TKDE.2012.232"),
    ("NDO_sampling", True, "Zhang and Wang 2011, doi:10.1109/ICM.2011.34"),
    ("NEATER", True, "Almogahed and Kakadiaris 2014, doi:10.1109/ICPR.2014.245"),
    ("NRAS", True, "Rivera 2017, doi:10.1016/j.ins.2017.04.046"),
    ("NRSBoundary_SMOTE", True, "Hu and Li 2013, doi:10.1155/2013/694809"),
    ("NT_SMOTE", True, "Xu, Li, Le and Tian 2014, doi:10.1109/CSO.2014.104"),
    ("OUPS", True, "Rivera and Xanthopoulos 2016, doi:10.1016/j.eswa.2016.09.010"),
    ("PDFOS", True, "Gao et al. 2014, doi:10.1016/j.neucom.2014.02.006"),
    ("ProWSyn", True, "Barua, Islam and Murase 2013, Advances in Knowledge Discovery and Data Mining"),
    ("Random_SMOTE", True, "Dong and Wang 2011, Knowledge Science, Engineering and Management"),
    ("ROSE", True, "Menardi and Torelli 2014, doi:10.1007/s10618-012-0295-5"),
    ("RWO_sampling", True, "Zhang and Li 2014, Information Fusion 20"),
    (
        "Safe_Level_SMOTE",
        True,
        "Bunkhumpornpat, Sinapiromsaran and Lursinsap 2009, doi:10.1007/978-3-642-01307-2_43",
    ),
    ("SDSMOTE", True, "Li, Zhang, Lu and Fang 2014, doi:10.1109/IIKI.2014.14"),
    ("Selected_SMOTE", True, "Koto 2014, Advanced Computer Science and Information System"),
    (
        "SL_graph_SMOTE",
        True,
        "Bunkhumpornpat and Subpaiboonkit 2013, Int. Symp. on Communications and Information Technologies",
    ),
    ("SMMO", True, "de la Calleja, Fuentes and González 2008, FLAIRS 21"),
    ("SMOBD", True, "Cao and Wang 2011, doi:10.1109/ICIII.2011.276"),
    ("SMOTE", True, "Chawla, Bowyer, Hall and Kegelmeyer 2002, doi:10.1613/jair.953"),
    ("SMOTE_Cosine", True, "Koto 2014, Advanced Computer Science and Information System"),
    ("SMOTE_D", True, "Torres, Carrasco-Ochoa and Martínez-Trinidad 2016, Pattern Recognition"),
    ("SMOTE_ENN", True, "Batista, Prati and Monard 2004, doi:10.1145/1007730.1007735"),
    ("SMOTE_FRST_2T", False, "Ramentol et al. 2016, doi:10.1016/j.engappai.2015.10.009"),
    ("SMOTE_IPF", True, "Sáez, Luengo, Stefanowski and Herrera 2015, doi:10.1016/j.ins.2014.08.051"),
    ("SMOTE_OUT", True, "Koto 2014, Advanced Computer Science and Information System"),
    ("SMOTE_PSO", False, "Cervantes et al. 2017, doi:10.1016/j.neucom.2016.10.041"),
    ("SMOTE_PSOBAT", False, "Li, Fong and Zhuang 2015, doi:10.1109/ISCBI.2015.12"),
    ("SMOTE_RSB", True, "Ramentol et al. 2012, doi:10.1007/s10115-011-0465-6"),
    ("SMOTE_TomekLinks", True, "Batista, Prati and Monard 2004, doi:10.1145/1007730.1007735"),
    ("SN_SMOTE", True, "García et al. 2012, doi:10.1007/s13748-012-0027-5"),
    ("SOI_CJ", True, "Sánchez, Morales and Gonzalez 2013, Int. J. on Artificial Intelligence Tools 22"),
    ("SOMO", True, "Douzas and Bacao 2017, doi:10.1016/j.eswa.2017.03.073"),
    ("SPY", False, "Dang, Tran, Hirose and Satou 2015, doi:10.1109/KSE.2015.24"),
    ("SSO", True, "Rong, Gong and Ng 2014, Machine Learning and Cybernetics"),
    ("Stefanowski", False, "Stefanowski and Wilk 2008, doi:10.1007/978-3-540-85836-2_27"),
    ("SUNDO", False, "Cateni, Colla and Vannucci 2011, doi:10.1109/ISDA.2011.6121689"),
    ("Supervised_SMOTE", True, "Hu et al. 2014, doi:10.1371/journal.pone.0107676"),
    ("SVM_balance", True, "Farquad and Bose 2012, doi:10.1016/j.dss.2012.01.016"),
    ("TRIM_SMOTE", True, "Puntumapon and Waiyamai 2012, Advances in Knowledge Discovery and Data Mining"),
    ("V_SYNTH", True, "Young, Nykl, Weckman and Chelberg 2015, doi:10.1007/s00521-014-1780-0"),
    ("VIS_RST", True, "Borowska and Stepaniuk 2016, Computer Information Systems and Industrial Management"),
)


def _proportion(ratio: float, n_majority: int, n_minority: int) -> float:
    """Return the share of the class difference to add, so that the classes have a desired ratio."""
    if n_majority <= n_minority:
        raise NotApplicable(f"there is no minority: {n_majority} and {n_minority} rows")
    proportion = (ratio * n_majority - n_minority) / (n_majority - n_minority)
    if proportion < 0:
        raise NotApplicable(f"the ratio is below that of the data, {n_minority} to {n_majority} rows")
    return proportion


def _sampler_class(name: str) -> Any:
    """Return a class of the package, repaired if it does not run with today's packages."""
    import smote_variants
    from smote_variants.oversampling import _mot2ld

    if name == "MOT2LD":
        from sklearn.manifold import TSNE

        def tsne(n_components: int, *, n_iter: int, **parameters: Any) -> TSNE:
            return TSNE(n_components, max_iter=n_iter, **parameters)  # renamed in scikit-learn 1.5

        _mot2ld.TSNE = tsne
    if name == "SMMO":
        # One of its classifiers refuses collinear columns, such as one-hot ones, unless it is regularised.
        ensemble = [
            ("sklearn.discriminant_analysis", "QuadraticDiscriminantAnalysis", {"reg_param": 1e-3}),
            ("sklearn.tree", "DecisionTreeClassifier", {"random_state": 2}),
            ("sklearn.naive_bayes", "GaussianNB", {}),
        ]
        return partial(smote_variants.SMMO, ensemble=ensemble)
    if name == "DEAGO":
        if find_spec("tensorflow") is None:
            raise NotApplicable("needs TensorFlow, which is not installed")

        class DEAGO(smote_variants.DEAGO):
            def get_model(self, n_dim: int, encoding_d: Any) -> Any:
                return super().get_model(n_dim, int(encoding_d))  # Keras 3 takes no NumPy integer

        return DEAGO
    return getattr(smote_variants, name)


def _changed_columns(sampler: Any) -> bool:
    """Whether a sampler has replaced the columns; if it gives up, it returns the rows unchanged."""
    name = type(sampler).__name__
    return (name == "E_SMOTE" and sampler.mask is not None) or (
        name == "ISOMAP_Hybrid" and hasattr(sampler.isomap, "embedding_")
    )


@contextmanager
def _global_generator(seed: int) -> Iterator[None]:
    """Seed NumPy's global generator, and restore its state afterwards."""
    state = np.random.get_state()
    np.random.seed(seed)
    try:
        yield
    finally:
        np.random.set_state(state)


def _build(name: str, training: Training, seed: int) -> Resample:
    with _global_generator(seed):  # The package seeds it when it is imported.
        sampler_class = _sampler_class(name)
    # It writes thousands of lines, on level INFO and above, and asks for them when it is imported.
    logging.getLogger("smote_variants").setLevel(logging.CRITICAL)
    n_minority = int(training.y.sum())
    n_majority = len(training.y) - n_minority

    def resample(ratio: float | None) -> Resampled:
        parameters: dict[str, Any] = {"random_state": seed}
        if ratio is not None:
            parameters["proportion"] = _proportion(ratio, n_majority, n_minority)
        try:
            # E_SMOTE, ISOMAP_Hybrid and SVM_balance draw from the global generator too.
            with _global_generator(seed):
                sampler = sampler_class(**parameters)
                # Copies, because each ratio has to start from the same rows.
                X, y = sampler.sample(training.X.copy(), training.y.copy())
        except np.linalg.LinAlgError as error:
            # SMMO where the minority has fewer rows than columns.
            if "not full rank" in str(error):
                raise NotApplicable(str(error)) from error
            raise
        transform = sampler.preprocessing_transform if _changed_columns(sampler) else None
        return Resampled(X, y, transform=transform)

    return resample


def _spec(name: str, takes_proportion: bool, reference: str) -> SamplerSpec:
    deago = name == "DEAGO"
    return SamplerSpec(
        name=PREFIX + name,
        category=CATEGORY,
        takes_ratio=takes_proportion,
        source="smote-variants",
        reference=reference,
        # The metadata of smote-variants demands TensorFlow, Keras and MKL.
        requires="--no-deps smote-variants" + (", and tensorflow" if deago else ""),
        build=partial(_build, name),
        modules=("smote_variants", "tensorflow") if deago else ("smote_variants",),
    )


SPECS: tuple[SamplerSpec, ...] = tuple(_spec(*row) for row in _CLASSES)
"""The variants in the alphabetical order of the package."""
